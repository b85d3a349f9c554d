import Formats
import Serving
import Tessera
import Testing

@testable import OpenInference

@Suite struct RequestTests {
    private func read(_ json: String, _ tail: [UInt8] = [], regions: SharedMemoryTable? = nil) throws -> InferMessage {
        try RequestReader.read(MessageBytes(Array(json.utf8) + tail), jsonCount: json.utf8.count, model: "m", regions: regions)
    }

    private func input(_ type: String, _ shape: [Int], _ data: String) throws -> Tensor {
        let json = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"\(type)\", \"shape\": \(shape), \"data\": \(data)}]}"
        return try #require(try read(json).request.inputs.first).tensor
    }

    private func message(_ json: String, _ tail: [UInt8] = []) -> String? {
        do {
            _ = try read(json, tail)
            return nil
        } catch { return "\(error)" }
    }

    @Test func everyTypeIsReadFromNumbers() throws {
        for (type, element) in [
            ("UINT8", ElementType.u8), ("UINT16", .u16), ("UINT32", .u32), ("UINT64", .u64), ("INT8", .i8), ("INT16", .i16),
            ("INT32", .i32),
            ("INT64", .i64), ("FP16", .f16), ("BF16", .bf16), ("FP32", .f32), ("FP64", .f64),
        ] {
            let tensor = try input(type, [2, 2], "[[1, 2], [3, 100]]")
            #expect(tensor.elementType == element && tensor.shape == [2, 2] && tensor.doubles == [1, 2, 3, 100], "\(type)")
        }
        #expect(try input("BOOL", [4], "[true, false, 1, 0]").bools == [true, false, true, false])
        #expect(try input("BYTES", [2], "[\"é\", \"\"]").texts == ["é", ""])
    }

    @Test func numbersKeepTheirBits() throws {
        #expect(try input("UINT64", [1], "[18446744073709551615]").array(of: UInt64.self) == [UInt64.max])
        #expect(
            try input("INT64", [2], "[-9223372036854775808, 9007199254740993]").array(of: Int64.self) == [Int64.min, 9_007_199_254_740_993])
        let doubles = [0.1, -1e-7, 1.7976931348623157e308, 5e-324, 123456789.123456789, -0.0]
        let texts = doubles.map { "\($0)" }.joined(separator: ",")
        #expect(try input("FP64", [6], "[\(texts)]").doubles.map(\.bitPattern) == doubles.map(\.bitPattern))
        let special = try input("FP32", [3], "[\"nan\", \"inf\", \"-inf\"]").floats
        #expect(special[0].isNaN && special[1] == .infinity && special[2] == -.infinity)
    }

    @Test func dataMayComeBeforeTheirType() throws {
        let json = "{\"inputs\": [{\"data\": [1.5, 2], \"shape\": [2], \"name\": \"x\", \"datatype\": \"FP32\"}], \"id\": \"7\"}"
        let message = try read(json)
        #expect(message.request.inputs.first?.tensor.floats == [1.5, 2] && message.request.id == "7")
    }

    @Test func binaryDataFollowTheText() throws {
        let json = """
            {"parameters": {"binary_data_output": true, "function": "f", "timeout": 1000000},
             "inputs": [{"name": "a", "datatype": "INT16", "shape": [2], "parameters": {"binary_data_size": 4}},
                        {"name": "b", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": 6}}],
             "outputs": [{"name": "y", "parameters": {"binary_data": false, "classification": 2}}, {"name": "z"}]}
            """
        let message = try read(json, [1, 0, 0, 1, 2, 0, 0, 0, 104, 105])
        #expect(message.request.inputs.map(\.name) == ["a", "b"] && message.request.function == "f" && message.request.deadline != nil)
        #expect(message.request.inputs[0].tensor.integers == [1, 256] && message.request.inputs[1].tensor.texts == ["hi"])
        #expect(message.outputs.map(\.isBinary) == [false, true] && message.outputs.map(\.classes) == [2, 0] && message.binaryOutputs)
        #expect(message.request.outputs == ["y", "z"])
    }

    @Test func whatDoesNotFitIsRefused() {
        let head = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"INT8\", "
        for (json, part) in [
            ("[]", "an object"), ("{\"inputs\": [{}]}", "has no 'name'"), ("{\"inputs\": [{\"name\": \"x\"}]}", "has no 'datatype'"),
            ("{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP31\"}]}", "no datatype 'FP31'"),
            (head + "\"data\": [1]}]}", "has no 'shape'"), (head + "\"shape\": [-1], \"data\": []}]}", "whole numbers from 0"),
            (head + "\"shape\": [1]}]}", "has no data"), (head + "\"shape\": [2], \"data\": [1]}]}", "has 1 elements"),
            (head + "\"shape\": [1], \"data\": [1, 2]}]}", "more elements"), (head + "\"shape\": [1], \"data\": [128]}]}", "no Int8"),
            (head + "\"shape\": [1], \"data\": [1.5]}]}", "no Int8"), (head + "\"shape\": [1], \"data\": [null]}]}", "a number expected"),
            (head + "\"shape\": [9223372036854775807, 9], \"data\": [1]}]}", "too large"),
            (head + "\"shape\": [1000000000000], \"data\": [1]}]}", "more than the text can have"),
            (head + "\"shape\": [4], \"parameters\": {\"binary_data_size\": 4}}]}", "0 bytes are left"),
            (head + "\"shape\": [1], \"parameters\": {\"binary_data_size\": -1}}]}", "from 0 on"),
            ("{\"parameters\": {\"sequence_id\": 3}}", "sequences"), ("{\"outputs\": [{}]}", "an output has no 'name'"),
            ("{} x", "unexpected text"), ("{\"x\": 1e}", "in the exponent"), ("{\"x\": [01]}", "JSON"),
            ("{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1], \"data\": [1e999]}]}", "out of range"),
        ] { #expect(message(json)?.contains(part) == true, "\(json): \(message(json) ?? "accepted")") }
        #expect(message("{}", [1])?.contains("belong to no input") == true)
        let deep = String(repeating: "[", count: 100_000)
        #expect(message("{\"x\": \(deep)")?.contains("nested deeper") == true)
    }

    @Test func damagedRequestsAreErrorsAtMost() {
        let json = """
            {"id": "a\\u00e9", "inputs": [{"name": "x", "datatype": "FP32", "shape": [2, 1], "data": [[1e3], [-2.5]]},
             {"name": "b", "datatype": "INT8", "shape": [2], "parameters": {"binary_data_size": 2}}]}
            """
        let bytes = Array(json.utf8) + [1, 2]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
                case 1: damaged.remove(at: place)
                default: damaged.removeSubrange(place...)
                }
                if damaged.isEmpty { break }
            }
            let count = Int.random(in: 0...(damaged.count + 2), using: &random)
            _ = try? RequestReader.read(MessageBytes(damaged), jsonCount: count, model: "m")
        }
    }
}
