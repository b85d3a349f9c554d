import Formats
import Foundation
import IR
import TestSupport
import Testing

@testable import Inspect

@Suite struct LintTests {
    private func names(_ report: LintReport, _ kind: LintReport.Kind) -> [String] { report.finding(kind)?.items.map(\.name) ?? [] }

    @Test func onnxFilesAreLookedThrough() throws {
        let folder = try Scratch()
        let values = (0..<16).map(Float.init)
        let body = ONNXBytes.graph(
            [ONNXBytes.node("Add", ["x", "inner"], ["z"], name: "dead")], outputs: [ONNXBytes.value("z", 1, ["16"])],
            initializers: [ONNXBytes.floats("inner", values, [16]), ONNXBytes.floats("inner.spare", [1], [1])])
        let graph = ONNXBytes.graph(
            [
                ONNXBytes.node("Gelu", ["x"], ["a"], name: "same"), ONNXBytes.node("Add", ["a", "w"], ["b"], name: "same"),
                ONNXBytes.node("Mul", ["a", "spare"], ["c"], name: "dead"),
                ONNXBytes.node("Add", ["late", "nowhere"], ["d"], name: "early"),
                ONNXBytes.node("Relu", ["b"], ["late"]),
                ONNXBytes.node(
                    "If", ["flag"], ["e"],
                    [ONNXBytes.attribute("then_branch", graph: body), ONNXBytes.attribute("else_branch", graph: body)]),
                ONNXBytes.node("Relu", ["e"], ["a"]),
            ],
            inputs: [ONNXBytes.value("x", 1, ["16"]), ONNXBytes.value("flag", 9, []), ONNXBytes.value("idle", 1, ["n"])],
            outputs: [ONNXBytes.value("d", 1, ["16"]), ONNXBytes.value("e", 1, ["16"])],
            initializers: [
                ONNXBytes.floats("w", values, [16]), ONNXBytes.floats("unread", [1, 2], [2]), ONNXBytes.floats("spare", [1], [1]),
            ])
        let path = folder.path + "/m.onnx"
        try Data(ONNXBytes.model(graph, opset: 17, domains: ["org.idle": 3])).write(to: URL(fileURLWithPath: path))
        let report = try LintReport(ONNXModel(path: path), warnings: ["said"], readsNumbers: true)
        #expect(names(report, .unusedInitializers) == ["unread", "spare", "inner.spare", "inner.spare"])
        #expect(report.finding(.unusedInitializers)?.bytes == 8 + 4 + 4 + 4)
        #expect(names(report, .duplicateInitializers) == ["inner", "inner"])
        #expect(names(report, .deadNodes) == ["dead"] && names(report, .unusedInputs) == ["idle"])
        #expect(names(report, .repeatedNodeNames) == ["same"] && names(report, .repeatedValueNames) == ["a"])
        #expect(names(report, .missingValues) == ["nowhere"] && names(report, .unorderedNodes) == ["early"])
        #expect(names(report, .oldOpset) == ["Gelu"] && names(report, .unusedDomains) == ["org.idle"])
        #expect(names(report, .warnings) == ["said"] && report.finding(.notFinite) == nil)
        #expect(report.notes.contains { $0.contains("Gelu") } && !report.notes.contains { $0.contains("said") })
        #expect(report.text().contains("initializers on which no result depends"))
    }

    @Test func modulesAreLookedThrough() throws {
        let numbers = (0..<16).map { "\($0).0" }.joined(separator: ", ")
        let ones = [String](repeating: "1.0", count: 16).joined(separator: ", ")
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @a : f32[16] = [\(numbers)]
                  const @b : f32[16] = [\(numbers)]
                  const @ones : f32[16] = [\(ones)]
                  const @twins : f32[16] = [\(ones)]
                  const @bad : f32[2] = [nan, 1.0]
                  const @unread : f32[2] = [1.0, 2.0]
                  func @f(%x: f32[16], %idle: f32[n]) -> (y: f32[16]) {
                    %0 = add(%x, @a) : f32[16]
                    %1 = add(%0, @b) : f32[16]
                    %2 = silu(@bad) : f32[2] "dead"
                    %3 = add(%1, @ones) : f32[16]
                    %4 = add(%3, @twins) : f32[16]
                    return %4
                  }
                }

                """)
        let report = try LintReport(module, readsNumbers: true)
        #expect(names(report, .unusedConstants) == ["unread"] && names(report, .duplicateConstants) == ["b"])
        #expect(names(report, .deadNodes) == ["dead"] && names(report, .unusedInputs) == ["idle"])
        #expect(names(report, .notFinite) == ["bad"])
        #expect(try LintReport(module).finding(.notFinite) == nil)
    }

    /// Those that are alike in what is looked at first, and those that differ in one byte in between.
    @Test func largeTensorsAreOnlyComparedWhereTensorsAreRead() {
        func numbers(_ changed: Int? = nil) -> Constant {
            let values = (0..<300_000).map { Float($0 == changed ? -1 : $0) }
            return Constant(key: "w\(changed.map(String.init) ?? "")", Tensor(values, [300_000]))
        }
        let changed = (0..<5).map { numbers(200 + 20 * $0) }
        let tied = Constant(key: "tied", type: changed[0].type, bytes: changed[0].bytes)
        let again = Constant(key: "again", numbers(220).tensor ?? Tensor(zeros: .f32, [1]))
        let zeros = (0..<3).map { Constant(key: "zeros\($0)", Tensor(zeros: .f32, [300_000])) }
        let all = [numbers()] + changed + [tied, again] + zeros
        #expect(RepeatedTensors(all, reads: false).items.isEmpty)
        let items = RepeatedTensors(all, reads: true).items
        #expect(items.map(\.name) == ["again"] && items.first?.detail == "f32[300000], as w220" && items.first?.bytes == 1_200_000)
        let pair = ["a", "b"].map { Constant(key: $0, Tensor((0..<64).map(Float.init), [64])) }
        #expect(RepeatedTensors(pair, reads: false).items.map(\.name) == ["b"])
        // No more than 64 MiB are read of small ones.
        func small(_ key: String, _ number: Int) -> Constant {
            let tensor = Tensor(.f32, [250_000]) { target in
                target.initializeMemory(as: UInt8.self, repeating: 0)
                target.storeBytes(of: Float(number), toByteOffset: 2000, as: Float.self)
            }
            return Constant(key: key, tensor)
        }
        let many = (0..<70).map { small("m\($0)", $0 + 1) }
        let last = small("n", 1)
        #expect(RepeatedTensors(many + [last], reads: false).items.isEmpty)
        #expect(RepeatedTensors(many + [last], reads: true).items.map(\.name) == ["n"])
    }

    @Test func nothingIsSaidOfWhatIsSound() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  func @f(%x: f32[n]) -> (y: f32[n]) {
                    %0 = silu(%x) : f32[n]
                    return %0
                  }
                }

                """)
        let report = try LintReport(module, readsNumbers: true)
        #expect(report.findings.isEmpty && report.notes.isEmpty && report.text() == "m: nothing found\n")
    }
}
