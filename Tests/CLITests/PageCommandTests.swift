import Foundation
import TestSupport
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

    /// The page and the graph come from the file's own nodes; the command ends with the reason all the same.
    @Test func filesThatCannotBeImportedAreDrawn() async throws {
        let folder = try TemporaryFolder()
        let graph = ONNXBytes.graph(
            [ONNXBytes.node("Foo", ["x", "w"], ["p"], name: "strange"), ONNXBytes.node("Relu", ["p"], ["y"], name: "last")],
            inputs: [ONNXBytes.value("x", 1, ["n", "2"])], outputs: [ONNXBytes.value("y", 1, ["n", "2"])],
            initializers: [ONNXBytes.floats("w", [1, 2], [2])])
        let path = folder.file("m.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        let run = await Command(
            "inspect", path, "--html", folder.file("m.html"), "--dot", folder.file("m.dot"), "--edges", "--direction", "right")
        #expect(run.code == 3 && run.messages.contains("Foo (version 17): 1 node: strange"), "\(run.messages)")
        let dot = try String(contentsOfFile: folder.file("m.dot"), encoding: .utf8)
        #expect(dot.contains("rankdir=LR") && dot.contains("not supported") && dot.contains("n0 -> n1 [label=\"p\""))
        let page = try data(of: String(contentsOfFile: folder.file("m.html"), encoding: .utf8))
        let nodes = (page["functions"] as? [[String: Any]])?.first?["nodes"] as? [[String: Any]]
        #expect(page["stage"] as? String == "file" && nodes?.map { $0["fault"] as? String } == ["not supported", nil])
    }

    /// In stage clean too, where nothing but its caller keeps it.
    @Test func bodiesAreDrawnByName() async throws {
        let folder = try TemporaryFolder()
        let text = """
            module @m stage(imported) {
              private func @twice(%x: f32[n]) -> (y: f32[n]) {
                %0 = add(%x, %x) : f32[n] "double"
                return %0
              }
              private func @once(%x: f32[n]) -> (y: f32[n]) {
                %0 = silu(%x) : f32[n] "soft"
                return %0
              }
              func @f(%flag: bool[], %x: f32[n]) -> (y: f32[n]) {
                %0 = if(%flag, %x) {else: @once, then: @twice} : f32[n] "choice"
                return %0
              }
            }

            """
        try text.write(toFile: folder.file("m.ir"), atomically: true, encoding: .utf8)
        for stage in ["imported", "clean"] {
            let body = await Command("inspect", folder.file("m.ir"), "--function", "twice", "--stage", stage, "--dot", "-")
            #expect(body.code == 0 && body.output.hasPrefix("digraph \"twice\""), "\(body.messages)")
            let whole = await Command("inspect", folder.file("m.ir"), "--stage", stage, "--dot", "-")
            #expect(whole.output.contains("then: twice\\nelse: once"), "\(whole.output)")
        }
    }

    @Test func whatDoesNotGoTogetherIsSaid() async {
        let wrong = [
            ["--html", "x.html", "--json"], ["--edges"], ["--html", "x.html", "--direction", "right"], ["--dot", "x.dot", "--ir"],
            ["--html", "-", "--dot", "-"], ["--html", ""],
        ]
        for flags in wrong {
            let run = await Command(["inspect", model] + flags)
            #expect(run.code == 2 && run.output.isEmpty, "\(flags)")
        }
        let bundle = await Command("inspect", Shapes.folder, "--html", "x.html")
        #expect(bundle.code == 2 && bundle.messages.contains("is a bundle of several models"))
        let nowhere = await Command("inspect", model, "--html", "/nowhere/x.html")
        #expect(nowhere.code != 0 && nowhere.messages.contains("--html"))
    }
}
