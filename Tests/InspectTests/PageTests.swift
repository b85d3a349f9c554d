import Foundation
import IR
import Testing

@testable import Inspect

/// What `inspect --html` puts into its page.
@Suite struct PageTests {
    static let text = """
        module @m stage(clean) {
          const @enc.0.w : f32[2, 2] = [nan, 1.0, 2.0, inf]
          func @f(%x: f32[n, 2]) -> (y: f32[n, 2]) {
            %0 = linear(%x, @enc.0.w) : f32[n, 2] "enc.0.fc"
            %1 = silu(%0) : f32[n, 2] "enc.0.act"
            %2 = add(%1, %x) : f32[n, 2] "enc.1.sum"
            return %2
          }
        }

        """

    private func data(_ text: String = PageTests.text, graphviz: Graphviz = Graphviz(path: "")) throws -> PageData {
        let module = try Module(parsing: text)
        var builder = PageBuilder(title: "m.ir")
        builder.graphviz = graphviz
        builder.metrics = NodeMetrics(seconds: ["f": ["enc.0.fc": 0.25]], errors: ["f": ["enc.1.sum": 0.5]])
        return builder.data(of: module, try ModelReport(module, of: module, files: [], sizes: [#require(SizeBinding("n=3"))]))
    }

    private func object(_ data: PageData) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(PageText.json(data))) as? [String: Any])
    }

    @Test func nodesReferToEachOther() throws {
        let function = try #require(try data().functions.first)
        #expect(function.nodes.map(\.operands) == [["i0", "w0"], ["n0.0"], ["n1.0", "i0"]])
        #expect(function.outputs.map(\.from) == ["n2.0"])
        #expect(function.nodes.map(\.op) == ["linear", "silu", "add"])
        #expect(function.nodes[0].milliseconds == 250 && function.nodes[2].error == 0.5 && function.nodes[1].milliseconds == nil)
        #expect(function.nodes.allSatisfy { $0.sources == nil })
        #expect(function.nodes[0].flops == 24)
        #expect(function.sizes == "n=3")
    }

    @Test func groupsAreTheBlocksOfNames() throws {
        let groups = try #require(try data().functions.first).groups
        #expect(groups.first?.title == "f" && groups.first?.parent == -1)
        for (index, group) in groups.enumerated() {
            for child in group.children { #expect(groups[child].parent == index) }
        }
        #expect(groups.flatMap(\.nodes).sorted() == [0, 1, 2])
    }

    @Test func weightsThatAreNoNumbersAreSaid() throws {
        let page = try data()
        #expect(page.notes.contains { $0.contains("'enc.0.w' holds numbers that are not a number") })
        #expect(page.notes.contains { $0.contains("'enc.0.w' holds infinite numbers") })
        let weight = try #require((try object(page)["weights"] as? [[String: Any]])?.first)
        #expect(weight["nans"] as? Int == 1 && weight["infinities"] as? Int == 1)
        #expect(weight["low"] as? Double == 1 && weight["high"] as? Double == 2)
        #expect(weight["type"] as? String == "f32[2, 2]")
    }

    /// Without Graphviz blocks are lists, and the page says why.
    @Test func withoutDotThereAreNoPictures() throws {
        let page = try data()
        #expect(page.layouts.isEmpty)
        #expect(page.functions[0].groups.allSatisfy { $0.layout == -1 && $0.items.isEmpty })
        #expect(page.notes.contains { $0.contains("graphviz") })
    }

    @Test func onlyNumbersThatNodesHaveAreMetrics() throws {
        #expect(try data().metrics.map(\.key) == ["flops", "bytes", "ms", "error"])
        let unknown = PageTests.text.replacing("n, 2", with: "rows, 2")
        let module = try Module(parsing: unknown)
        let page = PageBuilder(title: "").data(of: module, try ModelReport(module, of: module, files: []))
        #expect(page.metrics.isEmpty)
        #expect(page.notes.contains { $0.contains("work and memory of 'f' are not known") })
    }

    /// Names come from anyone's file: none ends the script that the data stand in, and none is taken for a mark of the template.
    @Test func hostileNamesStayText() throws {
        let name = "a.</script><!-- \u{2028}\u{2029}/*SCRIPT*/ & \\u003c"
        let text = PageTests.text.replacing("\"enc.0.act\"", with: "\"\(name.replacing("\\", with: "\\\\"))\"")
        let data = try data(text)
        let bytes = try PageText.json(data)
        let json = String(decoding: bytes, as: UTF8.self)
        #expect(!json.contains("<") && !json.unicodeScalars.contains("\u{2028}") && !json.unicodeScalars.contains("\u{2029}"))
        let function = try #require((try object(data)["functions"] as? [[String: Any]])?.first)
        let nodes = try #require(function["nodes"] as? [[String: Any]])
        #expect(nodes[1]["name"] as? String == name)
        let template = PageText(html: "<a>/*STYLE*/</a><b>/*DATA*/</b><c>/*SCRIPT*/</c>", style: "S", script: "T")
        let page = String(decoding: try template.page(data), as: UTF8.self)
        #expect(page == "<a>S</a><b>\(json)</b><c>T</c>")
    }

    @Test func numbersAreShort() {
        #expect(PageData.short(1.0 / 3) == 0.33333)
        #expect(PageData.short(123_456_789) == 123_460_000)
        #expect(PageData.short(.nan) == nil && PageData.short(.infinity) == nil && PageData.short(nil) == nil)
        #expect(PageData.short(0) == 0)
    }

    /// Small weights are looked at whole; what is left of the budget is for the large ones.
    @Test func numbersAreSharedAmongWeights() {
        func constant(_ count: Int) -> Constant { Constant(key: "\(count)", type: TensorType(.f32, [Dim(count)]), bytes: nil) }
        #expect(PageWeights.share([constant(10_000), constant(1_000_000), constant(1_000_000)], 110_000) == 50_000)
        #expect(PageWeights.share([constant(10), constant(20)], 100) == .max)
        #expect(PageWeights.share([constant(5_000)], 0) == 1024)
    }
}
