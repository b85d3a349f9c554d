import Foundation
import Media
import TestSupport
import Testing

/// Each picture and crop of goldens/images/preprocess against the reference's outputs.
@Suite(needsShared) struct PreprocessGoldenTests {
    struct Picture: Sendable, CustomTestStringConvertible {
        let file: String
        let size: [Int]
        let target: Int
        let decodeTolerance: Int
        var testDescription: String { file }
    }

    struct Crop: Sendable, CustomTestStringConvertible {
        let output: String
        let file: String
        let box: [Int]
        let target: [Int]
        let filter: ResampleFilter?
        let flip: Bool
        var testDescription: String { output }
    }

    static func list(_ key: String) throws -> [[String: Any]] {
        let json = try Shared.json(Shared.images("preprocess", "case.json"))
        let parameters = try #require(json["parameters"] as? [String: Any])
        return try #require(parameters[key] as? [[String: Any]])
    }

    static func pictures() throws -> [Picture] {
        guard SharedData.isPresent else { return [] }
        return try list("images").map { item in
            Picture(
                file: try #require(item["file"] as? String), size: try #require(item["size"] as? [Int]),
                target: try #require(item["target"] as? Int),
                decodeTolerance: try #require(item["decode_tolerance"] as? Int))
        }
    }

    static func crops() throws -> [Crop] {
        guard SharedData.isPresent else { return [] }
        return try list("crops").map { item in
            let resample = item["resample"] as? String
            return Crop(
                output: try #require(item["output"] as? String), file: try #require(item["file"] as? String),
                box: try #require(item["crop_top_left_h_w"] as? [Int]),
                target: try #require(item["target"] as? [Int]),
                filter: try resample.map { try #require(ResampleFilter(rawValue: $0)) },
                flip: try #require(item["hflip"] as? Bool))
        }
    }

    static let outputs = Result { try GoldenTensors(path: Shared.images("preprocess", "outputs.safetensors")) }

    @Test func everyListedPictureIsThere() throws {
        #expect(try Self.pictures().count == 18)
        #expect(try Self.crops().count == 8)
    }

    @Test(arguments: try pictures()) func decoded(_ picture: Picture) throws {
        let image = try load(picture.file)
        let reference = try Self.outputs.get()["\(picture.file).decoded"]
        #expect([image.height, image.width] == picture.size)
        #expect(reference.shape == picture.size + [3])
        let difference = zip(image.samples, reference.bytes).map { abs(Int($0) - Int($1)) }.max() ?? .max
        #expect(difference <= picture.decodeTolerance)
    }

    @Test(arguments: try pictures()) func resizedFromReferencePixels(_ picture: Picture) throws {
        let outputs = try Self.outputs.get()
        let decoded = try outputs["\(picture.file).decoded"]
        let image = try ByteImage(
            width: picture.size[1], height: picture.size[0], channels: 3, samples: decoded.bytesArray)
        let resized = try Preprocess.square(image, side: picture.target)
        let reference = try outputs["\(picture.file).resized"]
        #expect(reference.shape == [picture.target, picture.target, 3])
        #expect(mismatches(resized.samples, reference.bytesArray) == 0)
        for (name, normalization) in [("imagenet", PixelNormalization.imagenet), ("minus1_1", .minus1To1)] {
            guard let reference = outputs.entries["\(picture.file).\(name)"] else { continue }
            #expect(reference.shape == [1, 3, picture.target, picture.target])
            let tensor = normalization.tensor(resized)
            #expect(mismatches(tensor, reference.floats, atol: 1e-6, rtol: 1e-5) == 0)
        }
    }

    @Test(arguments: try crops()) func cropped(_ crop: Crop) throws {
        let how = Preprocess.Augmentation(
            crop: CropBox(top: crop.box[0], left: crop.box[1], height: crop.box[2], width: crop.box[3]),
            referenceTarget: (crop.target[0], crop.target[1]), filter: crop.filter, flip: crop.flip)
        let image = try Preprocess.rgb(load(crop.file), how)
        let reference = try Self.outputs.get()[crop.output]
        #expect([image.height, image.width, 3] == reference.shape)
        #expect(mismatches(image.samples, reference.bytesArray) == 0)
    }

    private func load(_ file: String) throws -> ByteImage {
        try ImageFile.load(path: Shared.images("preprocess", file), options: .ignoringOrientation)
    }
}
