import Foundation
import Testing

@testable import CLI

/// `inspect --html` and `--dot`.
@Suite struct PageCommandTests {
    private let model = Shapes.folder + "/fm.safetensors"

    /// The JSON between the marks that the page has for scripts.
    private func data(of page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: "<script type=\"application/json\" id=\"data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let json = page[start.upperBound..<end.lowerBound]
        return try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    @Test func pageHoldsTheModel() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("inspect", model, "--function", "encode", "--html", folder.file("fm.html"))
        #expect(run.code == 0, "\(run.messages)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["fm.html"])
        let page = try data(of: String(contentsOfFile: folder.file("fm.html"), encoding: .utf8))
        #expect(page["version"] as? Int == 1 && page["title"] as? String == "fm.safetensors" && page["stage"] as? String == "clean")
        let functions = try #require(page["functions"] as? [[String: Any]])
        #expect(functions.map { $0["name"] as? String } == ["encode"])
        let nodes = try #require(functions[0]["nodes"] as? [[String: Any]])
        #expect(nodes.count > 50 && nodes.contains { $0["op"] as? String == "attention" })
        let weights = try #require(page["weights"] as? [[String: Any]])
        #expect(weights.allSatisfy { ($0["nans"] as? Int) == 0 && ($0["count"] as? Int ?? 0) > 0 })
    }

    @Test func dotGoesToStandardOutput() async {
        let run = await Command("inspect", model, "--function", "logits.caption", "--dot", "-")
        #expect(run.code == 0 && run.output.hasPrefix("digraph \"logits.caption\" {\n") && run.output.hasSuffix("}\n"))
        #expect(run.output.contains("i0 -> n0"))
        let several = await Command("inspect", model, "--dot", "-")
        #expect(several.code == 2 && several.messages.contains("--function") && several.messages.contains("logits.caption"))
    }

    @Test func whatDoesNotGoTogetherIsSaid() async {
        for flags in [["--html", "x.html", "--json"], ["--edges"], ["--html", "x.html", "--direction", "right"], ["--dot", "x.dot", "--ir"], ["--html", "-", "--dot", "-"], ["--html", ""]] {
            let run = await Command(["inspect", model] + flags)
            #expect(run.code == 2 && run.output.isEmpty, "\(flags)")
        }
        let bundle = await Command("inspect", Shapes.folder, "--html", "x.html")
        #expect(bundle.code == 2 && bundle.messages.contains("is a bundle of several models"))
        let nowhere = await Command("inspect", model, "--html", "/nowhere/x.html")
        #expect(nowhere.code != 0 && nowhere.messages.contains("--html"))
    }
}
