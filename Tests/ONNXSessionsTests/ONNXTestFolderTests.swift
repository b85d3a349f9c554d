import Formats
import Foundation
import IR
import TestSupport
import Testing

@testable import ONNXSessions

@Suite struct ONNXTestFolderTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("onnx-folder-\(UUID().uuidString)").path

    /// A model that doubles, a data set with `expected`, and perhaps a tolerance.
    private func write(_ expected: Datum, tolerance: String? = nil, op: String = "Add") throws {
        let set = folder + "/test_data_set_0"
        try FileManager.default.createDirectory(atPath: set, withIntermediateDirectories: true)
        let graph = ONNXBytes.graph(
            [ONNXBytes.node(op, ["x", "x"], ["y"])], inputs: [ONNXBytes.value("x", 1, ["2"])], outputs: [ONNXBytes.value("y", 1, ["2"])])
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: folder + "/model.onnx"))
        try Data(ONNXValueFile.bytes(.tensor(Tensor([1, 2], [2])), named: "x")).write(to: URL(fileURLWithPath: set + "/input_0.pb"))
        try Data(ONNXValueFile.bytes(expected, named: "y")).write(to: URL(fileURLWithPath: set + "/output_0.pb"))
        if let tolerance { try Data(tolerance.utf8).write(to: URL(fileURLWithPath: folder + "/tolerance.json")) }
    }

    private func verdict(_ values: [Float], tolerance: String? = nil) throws -> ONNXTestFolder.Result.Verdict {
        try write(.tensor(Tensor(values, [2])), tolerance: tolerance)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return ONNXTestFolder(folder).run().verdict
    }

    @Test func resultsAreHeldAgainstTheTolerance() throws {
        #expect(try verdict([2, 4]) == .pass)
        #expect(try verdict([2, 4.003]) == .pass)
        #expect(try verdict([2, 4.01]) == .fail)
        #expect(try verdict([2, 4.01], tolerance: #"{"rtol": 0.01}"#) == .pass)
        #expect(try verdict([2, 4.003], tolerance: #"{"rtol": 0, "atol": 0.001}"#) == .fail)
        #expect(try verdict([2, 4.3], tolerance: #"{"rtol": 0, "atol": 0, "rel_l2": 0.1}"#) == .pass)
        #expect(try verdict([2, 4.6], tolerance: #"{"rtol": 0, "atol": 0, "rel_l2": 0.1}"#) == .fail)
        #expect(try verdict([9, 9], tolerance: #"{"shape_only": true}"#) == .pass)
        #expect(try verdict([.nan, 4]) == .fail)
    }

    @Test func shapesAndTypesCount() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(.tensor(Tensor([2, 4], [2, 1])))
        #expect(ONNXTestFolder(folder).run().reason.contains("f32[2], not f32[2, 1]"))
        try write(.tensor(Tensor([2, 4], [2], as: .f64)))
        #expect(ONNXTestFolder(folder).run().verdict == .fail)
    }

    @Test func whatIsNotSupportedIsSaid() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(.tensor(Tensor([2, 4], [2])), op: "Nonsense")
        let result = ONNXTestFolder(folder).run()
        #expect(result.verdict == .unsupported && result.reason.contains("Nonsense"))
    }

    @Test func outputsAreWritten() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try write(.tensor(Tensor([2, 4], [2])))
        let out = folder + "/out"
        #expect(ONNXTestFolder(folder).run(outputs: out).verdict == .pass)
        let name = URL(fileURLWithPath: folder).lastPathComponent
        let value = try ONNXValueFile.read("\(out)/\(name)/test_data_set_0/output_0.pb", as: .tensor(1, nil))
        #expect(value == .tensor(Tensor([2, 4], [2])))
    }
}
