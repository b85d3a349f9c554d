import Formats
import Foundation
import IR
import TestSupport
import Testing

@testable import CLI

@Suite struct TrainGraphTests {
    /// y = w · x, and data for w = 2.
    private func model() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            module @line stage(imported) {
              const @w : f32[1, 2] = [0.5, 0.25]
              func @main(%x: f32[n, 2]) -> (y: f32[n, 1]) {
                %0 = linear(%x, @w) : f32[n, 1] "line"
                return %0
              }
            }
            """, "line.ir")
        let x = (0..<32).map { Float($0 % 7) - 3 }
        let y = stride(from: 0, to: 32, by: 2).map { 2 * x[$0] + 2 * x[$0 + 1] }
        try NumpyArchive.write(["x": Tensor(x, [16, 2]), "target": Tensor(y, [16, 1])], to: folder.file("data.npz"))
        return folder
    }

    private func call(_ folder: TemporaryFolder, _ more: String...) -> [String] {
        [
            "train", "graph", folder.file("line.ir"), "--loss", "mse(y,target)", "--data", folder.file("data.npz"), "--batch", "4", "--lr",
            "0.1",
            "--optimizer", "sgd", "--steps", "40", "-o", folder.file("out"),
        ] + more
    }

    private static var schema: JSONSchema {
        get throws {
            let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let path = root.appendingPathComponent("Docs/schemas/train-graph.schema.json")
            return try JSONSchema(String(contentsOf: path, encoding: .utf8))
        }
    }

    @Test func trainsAndSaysSo() async throws {
        let folder = try model()
        let run = await Command(call(folder, "--evaluation-data", folder.file("data.npz"), "--json"))
        try #require(run.code == 0, "\(run.messages)")
        #expect(try Self.schema.problems(JSONDocument(run.output)) == [])
        #expect(run.messages.contains("batch 40 of 40, loss ") && run.messages.contains("evaluation: loss"))
        let weights = try #require(IRTextFile.read(folder.file("out/model/line.ir")).constants["w"]?.tensor).floats
        #expect(weights.count == 2 && weights.allSatisfy { abs($0 - 2) < 0.01 }, "\(weights)")
        let again = await Command(call(folder))
        #expect(again.code == 1 && again.messages.contains("give --resume"))
        let more = await Command(call(folder, "--resume"))
        #expect(more.code == 0 && more.output.contains("batch 40 of 40") && more.output.contains("model: \(folder.file("out/model"))"))
    }

    @Test func aDryRunMakesNothing() async throws {
        let folder = try model()
        let run = await Command(call(folder, "--dry-run", "--json"))
        try #require(run.code == 0, "\(run.messages)")
        #expect(try Self.schema.problems(JSONDocument(run.output)) == [])
        #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
        let table = await Command(call(folder, "--dry-run"))
        #expect(table.output.contains("parameters") && table.output.contains("a checkpoint"))
    }

    @Test func wrongUsageIsSaid() async throws {
        let folder = try model()
        for (more, word) in [
            (["--epochs", "2"], "--steps and --epochs"), (["--beta1", "0.5"], "--optimizer adamw"),
            (["--min-lr", "0"], "--schedule cosine"),
            (["--keep", "0"], "--keep"), (["--clip", "0"], "--clip"), (["--average", "1"], "--average"), (["--lr", "-1"], "--lr"),
        ] {
            let run = await Command(call(folder) + more)
            #expect(run.code == 2 && run.messages.contains(word), "\(more): \(run.messages)")
        }
        let loss = await Command([
            "train", "graph", folder.file("line.ir"), "--loss", "hinge(y,t)", "--data", folder.file("data.npz"), "-o", folder.file("out"),
        ])
        #expect(loss.code == 2 && loss.messages.contains("--loss: there is no loss 'hinge'"), "\(loss.messages)")
        for (loss, code, word) in [("mse(z,target)", Int32(2), "no result 'z'"), ("mse(y,goal)", 1, "lacks goal")] {
            let run = await Command([
                "train", "graph", folder.file("line.ir"), "--loss", loss, "--data", folder.file("data.npz"), "-o", folder.file("out"),
            ])
            #expect(run.code == code && run.messages.contains(word), "\(loss): \(run.messages)")
        }
    }
}
