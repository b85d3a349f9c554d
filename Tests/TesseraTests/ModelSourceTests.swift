import Foundation
import Tessera
import TestSupport
import Testing

private let encoder = DemoBundle.folder + "/../onnx-encoder/model.onnx"

/// Models that are in memory, and text of the IR.
@Suite struct ModelSourceTests {
    @Test func aModelInMemoryIsThatOfItsFile() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: encoder))
        let model = try bytes.withUnsafeBytes { try Model(copying: $0, name: "encoder") }
        let file = try Model(encoder)
        #expect(model.format == "ONNX model" && model.functions == file.functions && model.parameterCount == file.parameterCount)
        let inputs = Dictionary(
            try model.functions[0].inputs.map { ($0.name, try Tensor(zeros: $0.elementType, [1, 4])) }, uniquingKeysWith: { $1 })
        let (a, b) = (try model.compiled().makeSession(), try file.compiled().makeSession())
        #expect(try a.run("main", inputs) == b.run("main", inputs))
    }

    @Test func aDamagedModelInMemoryIsNamed() throws {
        let error = #expect(throws: TesseraError.self) {
            try [UInt8]("no model".utf8).withUnsafeBytes { try Model(copying: $0, name: "here.onnx") }
        }
        #expect(error?.category == .unreadable && error?.message.contains("here.onnx") == true)
        var options = Model.Options()
        options.part = .encoder
        let wrong = #expect(throws: TesseraError.self) { try Model(encoder, options: options) }
        #expect(wrong?.category == .usage && wrong?.message.contains("for checkpoints") == true)
    }

    @Test func textOfTheIRIsAModel() throws {
        let folder = try Scratch()
        let path = folder.path + "/encoder.ir"
        let text = """
            module @small stage(imported) {
              func @main(%a: f32[n]) -> (y: f32[n]) {
                %0 = relu(%a) : f32[n] "relu"
                return %0
              }
            }
            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let model = try Model(path)
        #expect(model.format == "IR text" && model.name == "small" && model.functions.map(\.name) == ["main"])
    }
}

@Suite struct StringTensorTests {
    @Test func textsComeOutAsTheyWentIn() throws {
        let texts = ["a", "", "größer"]
        let tensor = try Tensor(strings: texts, [3, 1])
        #expect(tensor.strings == texts && tensor.elementType == .string && tensor.shape == [3, 1])
        #expect(try Tensor([Float(1)], [1]).strings == nil)
        #expect(ElementType.string.byteCount([3]) == nil)
        let error = #expect(throws: TesseraError.self) { try Tensor(strings: texts, [2]) }
        #expect(error?.category == .usage)
    }
}

@Suite struct ModelReportTests {
    @Test(arguments: ModelReports.Kind.allCases)
    func everyReportIsAnObject(_ kind: ModelReports.Kind) throws {
        let json = try ModelReports.json(kind, of: encoder)
        #expect(try JSONSerialization.jsonObject(with: Data(json.utf8)) is [String: Any])
    }

    @Test func functionsAndSizesAreChosen() throws {
        let tokenizer = DemoBundle.folder + "/tok_rgb.safetensors"
        let json = try ModelReports.json(.memory, of: tokenizer, function: "tokenize", sizes: ["batch": 2])
        let report = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect(report?["function"] as? String == "tokenize" && (report?["sizes"] as? [String: Int])?["batch"] == 2)
        let size = #expect(throws: TesseraError.self) { try ModelReports.json(.cost, of: tokenizer, sizes: ["k": 2]) }
        #expect(size?.category == .usage && size?.message.contains("no size called 'k'") == true)
        let function = #expect(throws: TesseraError.self) { try ModelReports.json(.ops, of: tokenizer, function: "sing") }
        #expect(function?.category == .usage && function?.message.contains("no such function") == true)
        let bundle = #expect(throws: TesseraError.self) { try ModelReports.json(.cost, of: DemoBundle.folder) }
        #expect(bundle?.category == .usage)
        #expect(try ModelReports.json(.summary, of: DemoBundle.folder).contains("tok_depth"))
    }

    @Test func factsAndReportsAreJSON() throws {
        let model = try Model(DemoBundle.folder + "/tok_rgb.safetensors")
        let facts = try JSONSerialization.jsonObject(with: JSONEncoder().encode(model.metadata)) as? [String: Any]
        #expect(facts?["patch_size"] as? [Int] == [16, 16])
    }
}
