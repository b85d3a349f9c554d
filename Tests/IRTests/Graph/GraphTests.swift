import IR
import Testing

@Suite struct GraphTests {
    private let type = TensorType(.f32, [.symbol("n"), 4])

    @Test func replacingUses() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        let a = try graph.apply(Unary<Relu>(), [x], name: "a")
        let b = try graph.apply(Binary<Add>(), [a, a], name: "b")
        try graph.addOutput("y", b)
        try graph.addOutput("z", a)
        let before = graph
        #expect(graph.users(of: a).count == 2 && !graph.hasSingleUse(a))
        graph.replaceUses(of: a, with: x)
        #expect(graph.users(of: a).isEmpty && graph.users(of: x).count == 3)
        #expect(graph.outputs.map(\.value) == [b, x])
        #expect(graph.removeDeadNodes() == 1)
        #expect(graph.nodes.map(\.name) == ["b"] && graph.users(of: x).count == 2)
        graph.replaceUses(of: x, with: x)
        #expect(graph.users(of: x).count == 2)
        // Copies are independent.
        #expect(before.nodes.map(\.name) == ["a", "b"] && before.outputs.map(\.value) == [b, a])
    }

    @Test func retypedInputs() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        let y = try graph.addInput("y", type)
        let a = try graph.apply(Unary<Relu>(), [x], name: "a")
        try graph.addOutput("z", a)
        try graph.retype(x, as: .bf16)
        #expect(graph.type(of: a) == TensorType(.bf16, type.shape))
        let sum = try graph.apply(Binary<Add>(), [y, y], name: "sum")
        let before = graph
        #expect(throws: GraphError.self) { try graph.retype(sum, as: .bf16) }
        _ = try graph.apply(Binary<Add>(), [y, sum], name: "both")
        try graph.retype(y, as: .f16)
        #expect(graph.type(of: sum).dtype == .f16 && before.type(of: sum).dtype == .f32)
        // x is bf16, so nothing else can stand beside it in a sum.
        _ = try graph.apply(Binary<Add>(), [x, a], name: "halves")
        let z = try graph.addInput("w", TensorType(.bf16, type.shape))
        _ = try graph.apply(Binary<Add>(), [x, z], name: "mixed")
        let whole = graph
        #expect(throws: GraphError.self) { try graph.retype(z, as: .f32) }
        #expect(graph == whole && graph.type(of: z).dtype == .bf16)
    }

    @Test func nodesBehindTheirOperand() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        let a = try graph.apply(Unary<Relu>(), [x], name: "a")
        let b = try graph.apply(Unary<Exp>(), [a], name: "b")
        try graph.addOutput("y", b)
        let first = try graph.apply(Cast(to: .bf16), behind: x, name: "first")
        let second = try graph.apply(Cast(to: .bf16), behind: a, name: "second")
        #expect(graph.nodes.map(\.name) == ["first", "a", "second", "b"])
        try graph.setOutput("y", second)
        #expect(graph.outputs.map(\.value) == [second] && graph.users(of: first).isEmpty)
        #expect(throws: GraphError.self) { try graph.setOutput("none", second) }
        #expect(throws: GraphError.self) { _ = try graph.apply(Split(axis: 1, sizes: [1, 3]), behind: a, name: "split") }
    }

    @Test func deadChains() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        var last = x
        for index in 0..<5 { last = try graph.apply(Unary<Relu>(), [last], name: "dead\(index)") }
        let parts = try graph.add(Split(axis: 1, sizes: [1, 3]), [x], name: "split")
        try graph.addOutput("y", parts[1])
        #expect(graph.removeDeadNodes() == 5)
        #expect(graph.nodes.map(\.name) == ["split"])
        #expect(graph.removeDeadNodes() == 0)
    }

    @Test func identityIgnoresIDs() throws {
        func make(_ extra: Bool) throws -> Graph {
            var graph = Graph(name: "f")
            let x = try graph.addInput("x", type)
            if extra { _ = try graph.apply(Unary<Exp>(), [x], name: "gone") }
            let w = try graph.constant("w", TensorType(.f32, [4]))
            try graph.addOutput("y", try graph.apply(Binary<Mul>(), [x, w], name: "scale"))
            graph.removeDeadNodes()
            return graph
        }
        #expect(try make(true) == make(false))
        var renamed = try make(false)
        renamed.rename(try #require(renamed.order.first), to: "other")
        #expect(try renamed != make(false))
    }

    @Test func patches() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        let a = try graph.apply(Unary<Exp>(), [x], name: "exp")
        let b = try graph.apply(Unary<Log>(), [a], name: "log")
        try graph.addOutput("y", try graph.apply(Unary<Relu>(), [b], name: "relu"))
        let anchor = try #require(graph.producer(of: b)).id
        var patch = Patch(for: graph, at: anchor)
        let one = try patch.constant(Constant(key: "one", Tensor([1], [1])))
        let sum = try patch.apply(Binary<Add>(), [x, one], name: "shift")
        patch.replace(b, with: sum)
        let before = graph
        try graph.apply(patch)
        #expect(graph.nodes.map(\.name) == ["shift", "relu"])
        #expect(graph.usedConstants == ["one"] && patch.constants.map(\.key) == ["one"])
        var module = Module(name: "m")
        module.setFunction(graph)
        for constant in patch.constants { module.setConstant(constant) }
        try module.verify()
        // A patch belongs to the state it was made for.
        #expect(throws: GraphError.self) { try graph.apply(patch) }
        #expect(before.nodes.map(\.name) == ["exp", "log", "relu"])
    }

    @Test func patchesKeepTypes() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", type)
        let a = try graph.apply(Unary<Exp>(), [x], name: "exp")
        try graph.addOutput("y", a)
        var patch = Patch(for: graph, at: try #require(graph.producer(of: a)).id)
        patch.replace(a, with: try patch.apply(Cast(to: .f16), [x], name: "half"))
        let error = try #require(throws: GraphError.self) { try graph.apply(patch) }
        #expect(error.description.contains("f32[n, 4]") && error.description.contains("f16[n, 4]"))
        _ = try graph.constant("w", TensorType(.f32, [4]))
        var other = Patch(for: graph, at: try #require(graph.producer(of: a)).id)
        #expect(throws: GraphError.self) { try other.constant("w", TensorType(.f32, [5])) }
    }

    @Test func faultsAreNamed() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("pixels", type)
        let w = try graph.constant("encoder.0.attn.qkv.weight", TensorType(.f32, [12, 5]))
        let error = try #require(throws: GraphError.self) { try graph.apply(Linear(), [x, w], name: "encoder.0.attn.qkv") }
        for part in ["linear", "'encoder.0.attn.qkv'", "f32[n, 4]", "f32[12, 5]", "input %pixels", "constant @encoder.0.attn.qkv.weight"] {
            #expect(error.description.contains(part), "\(error)")
        }
        let a = try graph.apply(Unary<Exp>(), [x], name: "up")
        let inner = try #require(throws: GraphError.self) { try graph.apply(Concat(axis: 0), [a, w], name: "join") }
        #expect(inner.description.contains("result 0 of exp 'up'"), "\(inner)")
        #expect(throws: GraphError.self) { try graph.addInput("pixels", type) }
        #expect(throws: GraphError.self) { try graph.constant("encoder.0.attn.qkv.weight", type) }
        try graph.addOutput("y", a)
        #expect(throws: GraphError.self) { try graph.addOutput("y", a) }
        #expect(throws: GraphError.self) { try graph.apply(Split(axis: 1, sizes: [1, 3]), [x], name: "two") }
        #expect(graph.nodes.count == 2)
    }
}
