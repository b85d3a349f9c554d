import Formats
import Foundation
import IR
import Inspect
import Passes
import Testing

@Suite struct TensorFileTests {
    private func write(_ value: Datum, named name: String, to path: String) throws {
        try Data(ONNXValueFile.bytes(value, named: name)).write(to: URL(fileURLWithPath: path))
    }

    @Test func arraysAreToldOfAsWeights() throws {
        let folder = try Scratch()
        let tensor = Tensor((0..<100).map(Float.init), [10, 10])
        try NumpyFile.write(tensor, to: folder.path + "/a.npy")
        try NumpyArchive.write(["b.2": tensor, "b.10": Tensor(integers: [7], [1])], to: folder.path + "/b.npz")
        #expect(TensorFile.isOne(folder.path + "/a.npy") && TensorFile.isOne(folder.path + "/b.npz") && TensorFile.isOne(folder.path))
        let report = try TensorFileReport(TensorFile(folder.path))
        #expect(report.values.map(\.name) == ["a", "b.2", "b.10"] && report.bytes == 808)
        let one = try #require(report.values.first)
        #expect(one.type == "f32[10, 10]" && one.statistics?.mean == 49.5 && one.first?.count == 4 && one.last?.last == .single(99))
        let text = report.text(hasValues: false)
        #expect(text.contains("3 values") && text.contains("percentiles") && text.contains("values  0.0 1.0 2.0 3.0 … 96.0 97.0 98.0 99.0"))
        #expect(report.text(hasValues: true).contains("[90.0 91.0"))
        #expect(try TensorFileReport(TensorFile(folder.path), pattern: NamePattern("b.*")).values.count == 2)
        #expect(throws: WorkError.self) { try TensorFileReport(TensorFile(folder.path), pattern: NamePattern("c")) }
        try NumpyArchive.write(["a": tensor], to: folder.path + "/c.npz")
        #expect(try TensorFileReport(TensorFile(folder.path)).values.map(\.name) == ["a.npy:a", "b.2", "b.10", "c.npz:a"])
    }

    @Test func valuesOfONNXTestsAreWhatTheirFieldsSay() throws {
        let folder = try Scratch()
        let (tensor, scalar) = (Tensor([1, 2], [2]), Tensor(integers: [3], [], as: .i8))
        let texts = Tensor(strings: ["x", "y"], [2])
        let cases: [(Datum, String)] = [
            (.tensor(tensor), "f32[2]"), (.tensor(scalar), "i8[]"), (.tensor(texts), "string[2]"),
            (.sequence([.tensor(tensor), .tensor(tensor)]), "a sequence of 2"),
            (.sequence([.tensor(tensor)]), "a sequence of 1, or an optional"), (.optional(nil), "a sequence of 0, or an optional"),
            (.sequence([.sequence([.tensor(tensor)]), .sequence([])]), "a sequence of 2"),
        ]
        for (index, (value, type)) in cases.enumerated() {
            let path = folder.path + "/input_\(index).pb"
            try write(value, named: "v", to: path)
            let report = try TensorFileReport(TensorFile(path))
            #expect(report.values.first?.type == type, "\(index)")
            #expect(report.text(hasValues: false).contains("input_\(index)"))
        }
        let all = try TensorFileReport(TensorFile(folder.path))
        #expect(all.values.map(\.name).contains("input_3[1]") && all.values.first?.title == "v")
        #expect(all.text(hasValues: false).contains("a sequence of 2"))
    }

    @Test func foldersOfModelsAreNoArrays() throws {
        let folder = try Scratch()
        #expect(!TensorFile.isOne(folder.path) && !TensorFile.isOne(folder.path + "/nothing.npy"))
        try NumpyFile.write(Tensor([1], [1]), to: folder.path + "/a.npy")
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.path + "/model.onnx"))
        #expect(!TensorFile.isOne(folder.path))
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.path + "/bad.pb"))
        #expect(throws: CheckpointError.self) { try TensorFile(folder.path + "/bad.pb") }
    }

    @Test func theyAreSaved() throws {
        let folder = try Scratch()
        try write(.sequence([.tensor(Tensor([1, 2], [2])), .tensor(Tensor([3], [1]))]), named: "s", to: folder.path + "/s.pb")
        var report = try TensorFileReport(TensorFile(folder.path + "/s.pb"))
        try report.save(to: folder.path + "/out")
        #expect(report.values.map { $0.saved != nil } == [false, true, true])
        #expect(try NumpyFile.read(try #require(report.values.last?.saved)) == Tensor([3], [1]))
    }
}
