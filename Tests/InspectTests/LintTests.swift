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
            [ONNXBytes.node("Add", ["x", "inner"], ["z"])], outputs: [ONNXBytes.value("z", 1, ["16"])],
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
