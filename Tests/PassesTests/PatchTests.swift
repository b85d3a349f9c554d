import IR
import Testing

@Suite("Patches") struct PatchTests {
    private let graph: Graph

    init() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @c : f32[4] = [1.0, 2.0, 3.0, 4.0]
                  func @main(%x: f32[n, 4]) -> (y: f32[n, 4]) {
                    %0 = exp(%x) : f32[n, 4] "a"
                    %1 = neg(%0) : f32[n, 4] "b"
                    %2 = add(%1, @c) : f32[n, 4] "c"
                    %3 = tanh(%2) : f32[n, 4] "d"
                    return %3
                  }
                }
                """)
        graph = try #require(module.function("main"))
    }

    private func node(_ name: String) throws -> Node { try #require(graph.nodes.first { $0.name == name }) }

    @Test func replacesAndRemovesWhatDied() throws {
        let anchor = try node("c")
        var patch = Patch(for: graph, at: anchor.id)
        let result = try patch.apply(Unary<Abs>(), [graph.inputs[0]], name: "new")
        patch.replace(anchor.outputs[0], with: result)
        var edited = graph
        let added = try edited.apply(patch)
        #expect(edited.nodes.map(\.name) == ["new", "d"])
        #expect(added.compactMap { edited.node($0)?.name } == ["new"])
        #expect(graph.nodeCount == 4)
        #expect(edited.users(of: graph.inputs[0]) == added)
    }

    @Test func dropsAdditionsThatNobodyReads() throws {
        let anchor = try node("c")
        var patch = Patch(for: graph, at: anchor.id)
        let unread = try patch.apply(Unary<Abs>(), [graph.inputs[0]], name: "unread")
        _ = try patch.apply(Unary<Neg>(), [unread], name: "unread too")
        patch.replace(anchor.outputs[0], with: try #require(anchor.inputs[0]))
        var edited = graph
        #expect(try edited.apply(patch).isEmpty)
        #expect(edited.nodes.map(\.name) == ["a", "b", "d"])
    }

    @Test func refusesAnotherStateOfTheGraph() throws {
        let anchor = try node("c")
        var patch = Patch(for: graph, at: anchor.id)
        patch.replace(anchor.outputs[0], with: try patch.apply(Unary<Abs>(), [graph.inputs[0]], name: "new"))
        var edited = graph
        try edited.apply(patch)
        #expect(throws: GraphError.self) { try edited.apply(patch) }
    }

    @Test func refusesAConstantOfTwoTypes() throws {
        var patch = Patch(for: graph, at: try node("c").id)
        let error = #expect(throws: GraphError.self) { try patch.constant("c", TensorType(.f16, [4])) }
        #expect(error?.description.contains("@c") == true)
    }
}
