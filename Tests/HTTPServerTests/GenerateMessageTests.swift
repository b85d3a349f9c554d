import Foundation
import Tessera
import TestSupport
import Testing

@testable import HTTPServer

@Suite struct GenerateMessageTests {
    private func read(_ json: String, limits: GenerateLimits = GenerateLimits()) throws -> GenerateMessage {
        try GenerateMessage(Array(json.utf8), type: "application/json; charset=utf-8", limits)
    }

    /// Status and message of what reading `json` throws.
    private func failure(_ json: String, limits: GenerateLimits = GenerateLimits()) -> (status: Int, message: String)? {
        do { _ = try read(json, limits: limits) } catch let error as AnswerError { return (error.status.code, error.message) } catch {
            let error = TesseraError(error)
            return (error.category.httpStatus, error.message)
        }
        return nil
    }

    @Test func everySettingIsRead() throws {
        let message = try read(
            """
            {"model": "shapes", "inputs": {"det": {"json": [{"class": "cube"}]}, "caption": "a cube", "tok_depth@224": {"tokens": [1, 2], "shape": [1, 2]}},
             "targets": ["tok_rgb@224", "tok_normal@224"], "conditions": [{"modality": "caption", "value": "a cone", "weight": -2}],
             "settings": {"steps": 3, "temperature": 0.5, "guidance": 2, "top_p": 0.9, "top_k": 7, "max_tokens": 9}, "seed": 12,
             "variations": 2, "batch_size": 3, "independent": true, "diffusion_steps": 4, "preview": true, "super_resolution": false,
             "drafts": true, "timeout": 1.5}
            """)
        #expect(message.model == "shapes" && message.timeout == .seconds(1.5))
        let request = message.request
        // The order of the inputs is that of the message.
        #expect(request.inputs.map(\.modality) == ["det", "caption", "tok_depth@224"])
        #expect(
            request.inputs.map(\.values) == [
                [.text(#"[{"class": "cube"}]"#)], [.text("a cube")], [.tensor(try Tensor([Int32(1), 2], [1, 2]))],
            ])
        #expect(request.targets == ["tok_rgb@224", "tok_normal@224"])
        #expect(request.conditions == [WeightedCondition("caption", .text("a cone"), weight: -2)])
        let settings = request.settings
        #expect(settings.steps == 3 && settings.temperature == 0.5 && settings.guidance == 2 && settings.topP == 0.9)
        #expect(settings.topK == 7 && settings.maxTokens == 9)
        #expect(request.seed == 12 && request.variations == 2 && request.batchSize == 3 && request.diffusionSteps == 4)
        #expect(request.isIndependent && request.usesPreviewDecoders && !request.superResolves && request.drawsDrafts)
    }

    @Test func anEmptyObjectAsksForEverything() throws {
        let message = try read("{}")
        #expect(message.model == nil && message.request.inputs.isEmpty && message.request.targets.isEmpty && message.timeout == nil)
    }

    @Test func aPathIsATextLikeAnyOther() throws {
        for text in ["/etc/passwd", "@/etc/passwd", "notes.txt"] {
            #expect(try read(#"{"inputs": {"caption": "\#(text)"}}"#).request.inputs[0].values == [.text(text)])
        }
    }

    @Test(arguments: [
        (#"[1]"#, "not an object"), (#"{"sead": 1}"#, "unknown key 'sead'"), (#"{"seed": -1}"#, "'seed'"), (#"{"seed": 0.5}"#, "'seed'"),
        (#"{"variations": 0}"#, "'variations'"), (#"{"targets": "rgb"}"#, "'targets'"), (#"{"targets": [1]}"#, "'targets'"),
        (#"{"settings": {"steps": 0}}"#, "'steps'"), (#"{"settings": {"scheme": "roar"}}"#, "unknown key 'scheme'"),
        (#"{"inputs": {"caption": 5}}"#, "'caption'"), (#"{"inputs": {"caption": []}}"#, "'caption'"),
        (#"{"inputs": {"rgb": {"file": "/etc/passwd"}}}"#, "give one of"), (#"{"inputs": {"rgb": {"image": "%%%"}}}"#, "'rgb'"),
        (#"{"inputs": {"rgb": {"tokens": [1.5]}}}"#, "token ids"), (#"{"inputs": {"rgb": {"tokens": [1, 2], "shape": [3]}}}"#, "shape"),
        (#"{"inputs": {"rgb": {"text": "x", "shape": [1]}}}"#, "'shape'"), (#"{"conditions": [{"modality": "caption"}]}"#, "value"),
        (#"{"seed": 1"#, "JSON"), (#"{"seed": 1, "seed": 2}"#, "seed"),
    ]) func whatCannotBeMeantIsABadRequest(_ json: String, _ text: String) throws {
        let found = try #require(failure(json))
        #expect(found.status == 400 && found.message.contains(text), "\(json): \(found.message)")
    }

    @Test func resultsArePictures() throws {
        let photo = try Data(contentsOf: URL(fileURLWithPath: DemoBundle.photo(7)))
        let picture = try Picture(encoded: Array(photo))
        for text in [photo.base64EncodedString(), "data:image/png;base64,\(photo.base64EncodedString())"] {
            #expect(try read(#"{"inputs": {"rgb@224": {"image": "\#(text)"}}}"#).request.inputs[0].values == [.picture(picture)])
        }
        var limits = GenerateLimits()
        limits.pixels = picture.width * picture.height - 1
        let large = failure(#"{"inputs": {"rgb@224": {"image": "\#(photo.base64EncodedString())"}}}"#, limits: limits)
        #expect(large?.status == 413)
        // Not each of them, but all together.
        let image = #"{"image": "\#(photo.base64EncodedString())"}"#
        for (pixels, status) in [(3, nil), (2, 413), (1, 413)] as [(Int, Int?)] {
            limits.pixels = picture.width * picture.height * pixels
            #expect(failure(#"{"inputs": {"rgb@224": [\#(image), \#(image)], "rgb": \#(image)}}"#, limits: limits)?.status == status)
            let condition = #"{"modality": "rgb", "value": \#(image)}"#
            #expect(
                failure(#"{"inputs": {"rgb": \#(image)}, "conditions": [\#(condition), \#(condition)]}"#, limits: limits)?.status == status)
        }
        #expect(failure(#"{"inputs": {"rgb@224": {"image": "AAAA"}}}"#)?.status == 501)
    }

    @Test func resultsAreBounded() throws {
        var limits = GenerateLimits()
        limits.results = 4
        #expect(failure(#"{"variations": 5}"#, limits: limits)?.status == 400)
        #expect(failure(#"{"variations": 3, "inputs": {"caption": ["a", "b"]}}"#, limits: limits)?.status == 400)
        #expect(failure(#"{"variations": 2, "inputs": {"caption": ["a", "b"]}}"#, limits: limits) == nil)
    }

    // MARK: Masks

    @Test func masksArePicturesOrArrays() throws {
        let hole = try Picture(width: 2, height: 1, channels: 1, samples: [0, 255])
        let text = Data(try hole.png()).base64EncodedString()
        let message = try read(
            #"{"masks": {"rgb": {"image": "\#(text)"}, "depth": [{"values": [0, 1], "shape": [2, 1]}, {"image": "data:image/png;base64,\#(text)"}]}}"#
        )
        #expect(
            message.request.masks == [
                "rgb": [.picture(hole)], "depth": [.tensor(try Tensor([Float(0), 1], [2, 1])), .picture(hole)],
            ])
        for (mask, words) in [
            (#""\#(text)""#, "an object is needed"), (#"{"tokens": [1]}"#, "give one of image, values"), ("[]", "a value for each sample"),
            (#"{"image": "%"}"#, "base64"), (#"{"image": "\#(text)", "shape": [2]}"#, "'shape' does not go with image"),
            (#"{"values": [0, true]}"#, "a list of numbers"), (#"{"values": [0, 1], "shape": [3]}"#, "do not fill the shape"),
        ] {
            let found = try #require(failure(#"{"masks": {"rgb": \#(mask)}}"#))
            #expect(found.status == 400 && found.message.contains(words), "\(mask): \(found.message)")
        }
        var limits = GenerateLimits()
        (limits.pixels, limits.results) = (1, 1)
        #expect(failure(#"{"masks": {"rgb": {"image": "\#(text)"}}}"#, limits: limits)?.status == 413)
        limits = GenerateLimits()
        limits.results = 2
        #expect(failure(#"{"variations": 2, "masks": {"rgb": [{"values": [1]}, {"values": [1]}]}}"#, limits: limits)?.status == 400)
    }

    @Test func aFormHasMasksAsFiles() throws {
        let hole = try Picture(width: 2, height: 1, channels: 1, samples: [0, 255])
        let message = try read(
            form([
                (#"Content-Disposition: form-data; name="mask:tok_semseg@224"; filename="hole.png""#, try hole.png()),
                (#"Content-Disposition: form-data; name="masks""#, Array(#"{"rgb": {"values": [1]}}"#.utf8)),
            ]))
        #expect(message.request.masks == ["tok_semseg@224": [.picture(hole)], "rgb": [.tensor(try Tensor([Float(1)], [1]))]])
        #expect(message.request.inputs.isEmpty)
    }

    // MARK: Forms

    private func form(_ parts: [(head: String, body: [UInt8])], boundary: String = "xyz") -> [UInt8] {
        parts.flatMap { Array("--\(boundary)\r\n\($0.head)\r\n\r\n".utf8) + $0.body + Array("\r\n".utf8) }
            + Array("--\(boundary)--\r\n".utf8)
    }

    private func read(_ form: [UInt8], type: String = "multipart/form-data; boundary=\"xyz\"") throws -> GenerateMessage {
        try GenerateMessage(form, type: type, GenerateLimits())
    }

    @Test func aFormHasFilesTextsAndSettings() throws {
        let photo = Array(try Data(contentsOf: URL(fileURLWithPath: DemoBundle.photo(7))))
        let message = try read(
            form([
                (#"Content-Disposition: form-data; name="request""#, Array(#"{"targets": ["tok_depth@224"], "seed": 3}"#.utf8)),
                ("content-disposition: form-data; name=\"rgb@224\"; filename=\"a;b.png\"\r\nContent-Type: image/png", photo),
                (#"Content-Disposition: form-data; name=caption"#, Array("a cube\r\n--xy".utf8)),
                (#"Content-Disposition: form-data; name="targets""#, Array("tok_rgb@224, det".utf8)),
                (#"Content-Disposition: form-data; name="variations""#, Array("2".utf8)),
            ]))
        #expect(message.request.inputs.map(\.modality) == ["rgb@224", "caption"])
        #expect(message.request.inputs[0].values == [.picture(try Picture(encoded: photo))])
        #expect(message.request.inputs[1].values == [.text("a cube\r\n--xy")])
        #expect(message.request.targets == ["tok_rgb@224", "det"] && message.request.seed == 3 && message.request.variations == 2)
    }

    @Test func damagedFormsAreBadRequests() {
        let good = form([(#"Content-Disposition: form-data; name="seed""#, [49])])
        for body in [[], Array(good.dropLast(6)), Array("--xyz\r\n\r\n1\r\n--xyz--".utf8), Array("--xyz".utf8), Array("xyz".utf8)] {
            #expect(throws: AnswerError.self) { try read(body) }
        }
        #expect(throws: AnswerError.self) { try read(good, type: "multipart/form-data") }
        #expect(throws: AnswerError.self) { try read(good, type: "text/plain") }
        #expect(throws: Never.self) { try read(good) }
        // Every beginning of a form is answered, and none is taken for the whole.
        for count in 0..<(good.count - 4) { #expect(throws: AnswerError.self) { try read(Array(good.prefix(count))) } }
    }

    @Test func partsAreCounted() {
        let many = form((0..<300).map { (#"Content-Disposition: form-data; name="caption""#, [UInt8(ascii: "a"), UInt8($0 % 10 + 48)]) })
        #expect(throws: AnswerError.self) { try read(many) }
    }
}
