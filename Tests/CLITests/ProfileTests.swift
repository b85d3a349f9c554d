import Foundation
import Testing

@testable import CLI

/// Where time goes, by the command line.
@Suite struct ProfileCommandTests {
    @Test func functionsOfACheckpoint() async throws {
        let folder = try TemporaryFolder()
        let trace = folder.file("trace.json")
        let run = await Command(
            "profile", Shapes.model, "--function", "encode", "--random", "--bind", "tokens=5", "--runs", "2", "--warmup", "0", "--top", "3",
            "--trace", trace)
        #expect(run.code == 0, "\(run.messages)")
        for title in ["operator", "kernel", "block", "node"] { #expect(run.output.contains("\n" + title), "\(title)") }
        #expect(run.output.contains("tokens=5") && run.output.contains("encoder.") && run.output.contains("more nodes"))
        let json = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: trace))) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]])
        #expect(events.filter { $0["cat"] as? String == "run" }.count == 2)
    }

    @Test func jsonHoldsEveryNode() async throws {
        let run = await Command(
            "profile", Shapes.model, "--function", "encode", "--random", "--bind", "tokens=5", "--runs", "1", "--warmup", "0", "--json")
        #expect(run.code == 0, "\(run.messages)")
        let json = try run.json()
        let nodes = try #require(json["nodes"] as? [[String: Any]])
        #expect(nodes.count > 20 && json["runs"] as? Int == 1 && (json["weightBytes"] as? Int ?? 0) > 0)
        #expect(nodes.contains { ($0["name"] as? String)?.hasPrefix("encoder.0.") == true })
        let numbers = nodes.compactMap { $0["number"] as? Int }
        #expect(numbers == numbers.sorted())
        #expect((json["flops"] as? Double ?? 0) > 0 && json["peaks"] is [String: Any])
    }

    @Test(arguments: [
        (["--function", "encode"], "--random"),
        (["--function", "encode", "--random", "--inputs", "x"], "exclude each other"),
        (["--random"], "--function"),
        (["--function", "encode", "--random", "--json", "--top", "3"], "--top is for tables"),
        (["--function", "encode", "--random", "--runs", "0"], "whole number"),
        (["--function", "encode", "--random", "--sort", "colour"], "colour"),
        (["--function", "encode", "--random", "--json", "--trace", "-"], "both write to standard output"),
    ]) func wrongUsage(flags: [String], word: String) async {
        let run = await Command(["profile", Shapes.model] + flags)
        #expect(run.code == 2 && run.messages.contains(word), "\(run.messages)")
    }

    @Test func bundlesAreForGenerate() async {
        let run = await Command("profile", Shapes.folder, "--random")
        #expect(run.code == 2 && run.messages.contains("--timeline"), "\(run.messages)")
    }

    @Test func timelineOfAGeneration() async throws {
        let folder = try TemporaryFolder()
        let trace = folder.file("trace.json")
        let run = await Command(
            "generate", Shapes.folder, "--input", "rgb@224=" + Shapes.image("007_rgb.png"), "--target", "caption", "--target",
            "tok_depth@224", "--steps", "4", "-o", folder.file("out"), "--timeline", "--trace", trace)
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("part") && run.messages.contains("\n  step caption"), "\(run.messages)")
        let json = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: trace))) as? [String: Any])
        let events = try #require(json["traceEvents"] as? [[String: Any]])
        let names = events.compactMap { $0["name"] as? String }
        for part in ["load model", "read rgb@224", "step caption", "encode", "sample", "decode tok_depth@224", "write", "draw sheet.png"] {
            #expect(names.contains(part), "\(part)")
        }
        #expect(names.filter { $0 == "step tok_depth@224" }.count == 4)
        // All 196 tokens of the depth, and those of the caption.
        let job = try #require((json["tessera"] as? [String: Any])?["job"] as? [String: Any])
        #expect((job["tokens"] as? Int ?? 0) > 196)
    }
}
