import Exporters
import Foundation
import IR
import Importers
import Testing

/// Programs with calls, branches, loops, sequences and sizes that data decide (Tests/Programs) do the same as ONNX models.
@Suite struct ProgramRoundTripTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Programs")

    static let files: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter { $0.hasSuffix(".ir") }
        .sorted()

    @Test(arguments: files)
    func program(_ file: String) throws {
        let text = try String(contentsOf: ProgramRoundTripTests.folder.appendingPathComponent(file), encoding: .utf8)
        let module = try Module(parsing: text)
        let signature = try #require(module.signature(of: "main"))
        let inputs = Dictionary(
            signature.inputs.map { ($0.name, value("in.\($0.name)", $0.type, module)) }, uniquingKeysWith: { first, _ in first })
        let back: Module
        do { back = try RoundTrip.module(module, opset: 21) } catch ONNXExportError.unsupported(_, _, let operators) {
            #expect(SampleRoundTripTests.unsaid.isSuperset(of: operators.map(\.name)), "\(operators)")
            return
        }
        let results = try Interpreter.run(back, ONNXImporter.functionName, values: inputs)
        // An output may not be called as an input is, which it may be in the IR.
        let names = try #require(back.signature(of: ONNXImporter.functionName)).outputs.map(\.name)
        for (output, name) in zip(signature.outputs, names) {
            #expect(RoundTrip.same(value("out.\(output.name)", output.type, module), results[name]), "\(output.name)")
        }
    }

    private func value(_ key: String, _ type: ValueType, _ module: Module) -> Datum {
        if type.isTensor { return .tensor(module.constants[key]?.tensor ?? Tensor(integers: [], [0])) }
        let parts = (0...).lazy.map { module.constants["\(key).\($0)"]?.tensor }.prefix { $0 != nil }
        return .sequence(parts.compactMap { $0 }.map { .tensor($0) })
    }
}
