import Foundation
import IR
import Testing

@testable import Inspect

/// Pictures of blocks: what their boxes are, and where Graphviz puts them.
@Suite struct PictureTests {
    /// `count` layers of four nodes each, all alike, in a block `enc`.
    private func layers(_ count: Int) throws -> Graph {
        var lines: [String] = []
        var value = "%x"
        for layer in 0..<count {
            let first = 4 * layer
            lines.append("    %\(first) = silu(\(value)) : f32[n] \"enc.\(layer).norm\"")
            lines.append("    %\(first + 1) = relu(%\(first)) : f32[n] \"enc.\(layer).fc1\"")
            lines.append("    %\(first + 2) = tanh(%\(first + 1)) : f32[n] \"enc.\(layer).fc2\"")
            lines.append("    %\(first + 3) = add(%\(first + 2), \(value)) : f32[n] \"enc.\(layer).sum\"")
            value = "%\(first + 3)"
        }
        let body = lines.joined(separator: "\n")
        let text = "module @m stage(imported) {\n  func @f(%x: f32[n]) -> (y: f32[n]) {\n\(body)\n    return \(value)\n  }\n}\n"
        return try #require(try Module(parsing: text).function("f"))
    }

    @Test func smallBlocksShowTheirNodes() throws {
        let view = FunctionView(try layers(2))
        let block = try #require(view.tree.blocks.firstIndex { $0.path == "enc.1" })
        let picture = try #require(BlockGraph.picture(of: block, in: view))
        #expect(picture.items == [.outside(node: 3, result: 0), .node(4), .node(5), .node(6), .node(7), .output(0)])
        #expect(Set(picture.arrows.map { [$0.from, $0.to] }) == [[0, 1], [1, 2], [2, 3], [3, 4], [0, 4], [4, 5]])
    }

    @Test func largeBlocksShowSmallerOnesAsBoxes() throws {
        let view = FunctionView(try layers(12))
        let block = try #require(view.tree.blocks.firstIndex { $0.children.count == 12 })
        let picture = try #require(BlockGraph.picture(of: block, in: view))
        let groups = picture.items.filter { if case .group = $0 { true } else { false } }
        #expect(groups.count == 12)
        // In a chain, with one arrow each from and to what lies outside.
        #expect(picture.arrows.count == 13 && picture.items.count == 14)
    }

    /// A mask that every layer reads has a label beside each instead of arrows across the picture.
    @Test func whatManyReadIsShownBesideEach() throws {
        var lines = ["    %0 = relu(%m) : f32[n] \"mask\""]
        var value = "%x"
        for layer in 0..<12 {
            let first = 4 * layer + 1
            lines.append("    %\(first) = add(\(value), %0) : f32[n] \"enc.\(layer).a\"")
            for step in 1...3 {
                lines.append("    %\(first + step) = silu(%\(first + step - 1)) : f32[n] \"enc.\(layer).b\(step)\"")
            }
            value = "%\(first + 3)"
        }
        let body = lines.joined(separator: "\n")
        let text = "module @m stage(imported) {\n  func @f(%x: f32[n], %m: f32[n]) -> (y: f32[n]) {\n\(body)\n    return \(value)\n  }\n}\n"
        let view = FunctionView(try #require(try Module(parsing: text).function("f")))
        let picture = try #require(BlockGraph.picture(of: 0, in: view))
        #expect(picture.items.count { $0 == .outside(node: 0, result: 0) } == 11)
        #expect(picture.arrows.count { $0.from == picture.items.firstIndex(of: .node(0)) } == 1)
        #expect(picture.items.count { if case .group = $0 { true } else { false } } == 12)
    }

    @Test func crowdedBlocksHaveNoPicture() throws {
        let view = FunctionView(try layers(BlockGraph.mostBoxes + 1))
        let block = try #require(view.tree.blocks.firstIndex { $0.children.count > BlockGraph.mostBoxes })
        #expect(BlockGraph.picture(of: block, in: view) == nil)
    }

    @Test func blocksOfOneStructureShareALayout() throws {
        let view = FunctionView(try layers(9))
        var layouts = BlockLayouts()
        let inner = view.tree.blocks.indices.filter { (2...6).map { "enc.\($0)" }.contains(view.tree.blocks[$0].path) }
        let numbers = inner.compactMap { block in
            BlockGraph.picture(of: block, in: view).map { layouts.add(BoxSize.shape(of: $0, in: view)) }
        }
        #expect(numbers == [0, 0, 0, 0, 0] && layouts.shapes.count == 1)
    }

    @Test func plainTextOfGraphvizIsRead() {
        let one = """
            graph 1 1.5 2.5
            node b0 0.75 2.25 1.5 0.5 "" solid box black lightgrey
            node b1 0.375 0.25 0.75 0.5 "" solid box black lightgrey
            edge b0 b1 4 0.75 2 0.7 1.5 0.5 1 \\
            0.375 0.5 solid black
            stop

            """
        let layouts = PlainLayouts.read(one + one + "graph 1 1 1\nnode b0 0.5")
        #expect(layouts.count == 2 && layouts.first == layouts.last)
        #expect(layouts.first?.boxes.map { [$0.x, $0.y, $0.width, $0.height] } == [[54, 18, 108, 36], [27, 162, 54, 36]])
        #expect(layouts.first?.arrows.map(\.path) == ["M54,36C50,72 36,108 27,144"])
        #expect(PlainLayouts.read("graph 1 nan 1\nstop\n").isEmpty)
        #expect(PlainLayouts.read("graph 1 1 1\nnode b0 1 1 1 1\nedge b0 b7 4 1 1 1 1 1 1 1 1 solid\nstop\n").isEmpty)
    }

    @Test(.enabled(if: Graphviz().isThere)) func dotDrawsWhatItIsGiven() {
        var layouts = BlockLayouts()
        for count in [1, 3] {
            let sizes = [BlockLayouts.Shape.Size](repeating: .init(width: 72, height: 36), count: count)
            _ = layouts.add(.init(boxes: sizes, arrows: count > 1 ? [.init(from: 0, to: 2)] : []))
        }
        let drawn = layouts.drawn(with: Graphviz())
        for layouts in [drawn.down, drawn.right] {
            #expect(layouts.map { $0?.boxes.count } == [1, 3])
            #expect(layouts.last??.arrows.map { [$0.from, $0.to] } == [[0, 2]])
            #expect(layouts.first??.boxes.first.map { [$0.width, $0.height] } == [72, 36])
        }
        // The arrow leads down in one, to the right in the other.
        let (down, right) = (drawn.down.last??.boxes, drawn.right.last??.boxes)
        #expect(down.map { $0[2].y > $0[0].y && $0[2].x == $0[0].x } == true)
        #expect(right.map { $0[2].x > $0[0].x && $0[2].y == $0[0].y } == true)
    }

    @Test func dotTextHasClustersAndQuotesNames() throws {
        let text = try DotText(layers(2)).text
        #expect(text.contains("subgraph cluster_") && text.contains("n3 -> n4") && text.contains("i0 -> n0") && text.contains("n7 -> o0"))
        #expect(DotText.quoted("a\"\\N\n\u{7}") == "\"a\\\"\\\\N\\n\u{fffd}\"")
        let part = try DotText(layers(2), node: "enc.1.fc1").text
        #expect(part.contains("n5 ") && !part.contains("n0 [") && part.contains("x3 -> n4"))
        #expect(try DotText(layers(2), node: "enc.1").text == part)
        #expect(throws: WorkError.self) { try DotText(layers(1), node: "dec") }
    }

    @Test func edgesOfDotHaveLabelsAndEitherDirection() throws {
        let text = try DotText(layers(1), style: .init(isLeftToRight: true, labelsEdges: true)).text
        #expect(text.contains("rankdir=LR") && text.contains("n0 -> n1 [label=\"0.norm\\nf32[n]\", labeltooltip=\"enc.0.norm\"]"))
        #expect(text.contains("i0 -> n0 [label=\"x\\nf32[n]\""))
        // Types stand on the edges alone.
        #expect(text.contains("n0 [label=\"silu\\n0.norm\","))
        let named = try DotText(layers(1), style: .init(labelsEdges: true)) { function, node, result in
            function == "f" && result == 0 && node.name == "enc.0.norm" ? "norm_out" : nil
        }
        #expect(named.text.contains("n0 -> n1 [label=\"norm_out\\nf32[n]\"") && named.text.contains("n1 -> n2 [label=\"0.fc1\\n"))
    }

    /// A node names the functions that it calls.
    @Test func bodiesAreNamed() throws {
        let text = """
            module @m stage(imported) {
              private func @a(%x: f32[n]) -> (y: f32[n]) {
                %0 = relu(%x) : f32[n] "r"
                return %0
              }
              private func @b(%x: f32[n]) -> (y: f32[n]) {
                %0 = silu(%x) : f32[n] "s"
                return %0
              }
              func @f(%c: bool[], %x: f32[n]) -> (y: f32[n]) {
                %0 = if(%c, %x) {else: @b, then: @a} : f32[n] "choice"
                return %0
              }
            }

            """
        let module = try Module(parsing: text)
        let graph = try #require(module.function("f"))
        #expect(FunctionView(graph).nodes[0].bodies == [.init(role: "then", function: "a"), .init(role: "else", function: "b")])
        #expect(try DotText(graph).text.contains("if\\nchoice\\nf32[n]\\nthen: a\\nelse: b"))
        var builder = PageBuilder(title: "")
        builder.graphviz = Graphviz(path: "")
        let page = builder.data(of: module, try ModelReport(module, of: module, files: []))
        #expect(page.functions.first?.nodes.first?.calls == [["then", "a"], ["else", "b"]])
        #expect(page.functions.map(\.isPrivate) == [false, true, true])
    }
}
