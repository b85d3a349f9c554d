import Foundation
import TestSupport
import Testing

@testable import CLI

/// `inspect --lint` of ONNX files.
@Suite struct LintCommandTests {
    /// y = Op(x, w).
    private func model(in folder: TemporaryFolder, op: String = "MatMul") throws -> String {
        let graph = ONNXBytes.graph(
            [ONNXBytes.node(op, ["x", "w"], ["y"], name: "one")], inputs: [ONNXBytes.value("x", 1, ["n", "2"])],
            outputs: [ONNXBytes.value("y", 1, ["n", "2"])], initializers: [ONNXBytes.floats("w", [1, 2, 3, 4], [2, 2])])
        let path = folder.file("m.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func whatCannotBeImportedIsLookedAtToo() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("inspect", try model(in: folder, op: "Foo"), "--lint")
        #expect(run.code == 0 && run.output.contains("cannot be imported") && run.output.contains("Foo"), "\(run.output)\(run.messages)")
    }

    /// The whole file is looked at, as it is.
    @Test(arguments: [["--function", "main"], ["--stage", "clean"], ["--verify"]]) func flagsWithoutEffectAreRefused(
        flags: [String]
    ) async throws {
        let folder = try TemporaryFolder()
        let run = await Command(["inspect", try model(in: folder), "--lint"] + flags)
        #expect(run.code == 2 && run.output.isEmpty && run.messages.contains(flags[0]), "\(run.messages)")
    }

    @Test func inputsThatCannotBeReadAreNoFindings() async throws {
        let folder = try TemporaryFolder()
        try folder.write("nothing", "x.npy")
        for inputs in ["x.npy", "gone"] {
            let run = await Command("inspect", try model(in: folder), "--lint", "--inputs", folder.file(inputs))
            #expect(run.code != 0 && run.output.isEmpty, "\(inputs): \(run.output)")
        }
    }
}
