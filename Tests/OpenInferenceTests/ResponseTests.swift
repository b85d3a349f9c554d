import Formats
import Tessera
import Testing

@testable import OpenInference
@testable import Serving

@Suite struct ResponseTests {
    private func encode(_ outputs: [NamedTensor], _ wanted: [InferMessage.Output] = [], binary: Bool = false) throws -> EncodedResponse {
        let response = InferenceResponse(
            model: "m", version: "3", function: "main", id: "a\"b", outputs: outputs, queueTime: .zero, computeTime: .zero, batchSize: 1)
        let message = InferMessage(request: InferenceRequest("m", inputs: []), outputs: wanted, binaryOutputs: binary)
        return try ResponseWriter.encode(response, message)
    }

    private func value(_ encoded: EncodedResponse) throws -> ConfigDictionary {
        try #require(try ConfigValue(json: encoded.json, file: "answer").dictionary)
    }

    @Test func answersAreJSON() throws {
        let floats = try Tensor([Float(0.1), -.infinity, .nan, 1e-9], [2, 2])
        let encoded = try encode([NamedTensor("y", floats), NamedTensor("t", try Tensor(texts: ["\u{1}é\\"], [1]))])
        let made = try value(encoded)
        #expect(made["model_name"]?.string == "m" && made["model_version"]?.string == "3" && made["id"]?.string == "a\"b")
        let outputs = try #require(made["outputs"]?.array).compactMap(\.dictionary)
        #expect(outputs.map { $0["datatype"]?.string } == ["FP32", "BYTES"] && encoded.tails.isEmpty)
        #expect(outputs[0]["shape"]?.array?.compactMap(\.int) == [2, 2])
        let data = try #require(outputs[0]["data"]?.array)
        #expect(data[0].double.map { Float($0) } == 0.1 && data[1].string == "-inf" && data[2].string == "nan")
        #expect(outputs[1]["data"]?.array?.compactMap(\.string) == ["\u{1}é\\"])
    }

    @Test func binaryOutputsFollow() throws {
        let outputs = [NamedTensor("a", try Tensor([Int16(1), 2], [2])), NamedTensor("b", try Tensor([true, false], [2]))]
        let encoded = try encode(outputs, binary: true)
        let sizes = try #require(try value(encoded)["outputs"]?.array).map {
            $0.dictionary?["parameters"]?.dictionary?["binary_data_size"]?.int
        }
        #expect(sizes == [4, 2] && encoded.tails.map { $0.withBytes { Array($0) } } == [[1, 0, 2, 0], [1, 0]])
        #expect(encoded.count == encoded.json.count + 6)
    }

    @Test func classesTakeThePlaceOfData() throws {
        let tensor = try Tensor([Float(1), 3, 2, .nan, 0, 0], [2, 3])
        let texts = Classification.texts(tensor, 2)
        #expect(texts.shape == [2, 2] && texts.texts == ["3.0:1", "2.0:2", "0.0:1", "0.0:2"])
        // Few are picked, many sorted: both in the same order.
        let many = try Tensor((0..<300).map { number -> Float in number % 7 == 3 ? .nan : Float(number * 37 % 100) }, [300])
        let all = Classification.texts(many, 300).texts
        for count in [0, 1, 5, 64, 65, 299] { #expect(Classification.texts(many, count).texts == Array(all.prefix(count)), "\(count)") }
        #expect(all.first == "99.0:27" && all.last?.hasPrefix("nan") == true)
        let encoded = try encode([NamedTensor("y", tensor)], [InferMessage.Output(name: "y", isBinary: false, classes: 9)])
        let output = try #require(try value(encoded)["outputs"]?.array?.first?.dictionary)
        #expect(output["datatype"]?.string == "BYTES" && output["shape"]?.array?.compactMap(\.int) == [2, 3])
        let words = try Tensor(texts: ["b", "a"], [2])
        #expect(Classification.texts(words, 1) == words, "texts have no largest element")
    }

    @Test func answersReadAsRequestsGiveTheSameBits() throws {
        let tensors = try [
            Tensor((0..<64).map { Float(bitPattern: UInt32($0) &* 0x0654_3211 & 0x7F7F_FFFF) }, [8, 8]),
            Tensor((0..<64).map { Double(bitPattern: UInt64($0) &* 0x0123_4567_89AB_CDEF & 0x7FDF_FFFF_FFFF_FFFF) }, [64]),
            Tensor([Int64.min, .max, 0], [3]),
        ]
        for (number, tensor) in tensors.enumerated() {
            let output = try #require(String(validating: try encode([NamedTensor("x", tensor)]).json, as: UTF8.self))
            let json = output.replacing("\"outputs\"", with: "\"inputs\"")
            let message = try RequestReader.read(MessageBytes(Array(json.utf8)), model: "m")
            #expect(message.request.inputs.first?.tensor == tensor, "tensor \(number)")
        }
    }
}
