import IR
import TestSupport
import Testing

@testable import Runtime

extension Module {
    /// A module of the function `main` that `body` writes.
    static func main(_ body: (inout Graph) throws -> Void, constants: [String: Tensor] = [:]) rethrows -> Module {
        var module = Module(name: "test", stage: .clean)
        for (key, tensor) in constants { module.setConstant(Constant(key: key, tensor)) }
        var graph = Graph(name: "main")
        try body(&graph)
        module.setFunction(graph)
        return module
    }
}

/// Small functions that several suites run.
enum Functions {
    /// `y = tanh(x wᵀ + b) + x`, over any number of rows.
    static func residual() throws -> Module {
        var draw = SampleTensors(seed: 51)
        let (weight, bias) = (draw.floats([8, 8]), draw.floats([8]))
        return try .main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [.symbol("b"), .symbol("n"), 8]))
                let w = try graph.constant("w", weight.type)
                let b = try graph.constant("b", bias.type)
                let h = try graph.apply(Unary<Tanh>(), [graph.apply(Linear(), [x, w, b], name: "fc")], name: "act")
                try graph.addOutput("y", graph.apply(Binary<Add>(), [h, x], name: "skip"))
            }, constants: ["w": weight, "b": bias])
    }

    /// Two pre-norm transformer blocks of `width` channels and four heads, as an importer writes them.
    static func transformer(width: Int) throws -> Module {
        var draw = SampleTensors(seed: 52)
        var constants: [String: Tensor] = [:]
        func weight(_ key: String, _ shape: [Int], _ draw: inout SampleTensors) { constants[key] = draw.floats(shape, -0.1...0.1) }
        for block in 0..<2 {
            weight("\(block).norm", [width], &draw)
            weight("\(block).qkv", [3 * width, width], &draw)
            weight("\(block).proj", [width, width], &draw)
            weight("\(block).fc1", [4 * width, width], &draw)
            weight("\(block).fc2", [width, 4 * width], &draw)
        }
        let types = constants.mapValues(\.type)
        return try .main(
            { graph in
                var x = try graph.addInput("x", TensorType(.f32, [.symbol("b"), .symbol("n"), Dim(width)]))
                for block in 0..<2 {
                    x = try self.block(&graph, x, width) { try $0.constant("\(block).\($1)", types["\(block).\($1)"] ?? .init(.f32, [])) }
                }
                try graph.addOutput("y", x)
            }, constants: constants)
    }

    private static func block(
        _ graph: inout Graph, _ x: ValueID, _ width: Int, _ weight: (inout Graph, String) throws -> ValueID
    ) throws -> ValueID {
        let norm = try graph.apply(LayerNorm(eps: 1e-6), [x, weight(&graph, "norm")], name: "norm1")
        let fused = try graph.apply(Linear(), [norm, weight(&graph, "qkv")], name: "qkv")
        let (b, n): (Dim, Dim) = (.symbol("b"), .symbol("n"))
        let parts = try graph.apply(Reshape([b, n, 3, 4, Dim(width / 4)]), [fused], name: "parts")
        let heads = try (0..<3).map { index in
            let part = try graph.apply(Slice(axis: 2, start: Dim(index), end: Dim(index + 1)), [parts], name: "part")
            let flat = try graph.apply(Reshape([b, n, 4, Dim(width / 4)]), [part], name: "head")
            return try graph.apply(Transpose([0, 2, 1, 3]), [flat], name: "heads")
        }
        let attended = try graph.apply(Attention(scale: 0.2), heads, name: "attention")
        let rows = try graph.apply(Transpose([0, 2, 1, 3]), [attended], name: "rows")
        let joined = try graph.apply(Reshape([b, n, Dim(width)]), [rows], name: "join")
        let projected = try graph.apply(Linear(), [joined, weight(&graph, "proj")], name: "proj")
        let middle = try graph.apply(Binary<Add>(), [x, projected], name: "add1")
        let norm2 = try graph.apply(LayerNorm(eps: 1e-6), [middle, weight(&graph, "norm")], name: "norm2")
        let up = try graph.apply(Linear(), [norm2, weight(&graph, "fc1")], name: "fc1")
        let active = try graph.apply(Unary<Gelu>(), [up], name: "gelu")
        let down = try graph.apply(Linear(), [active, weight(&graph, "fc2")], name: "fc2")
        return try graph.apply(Binary<Add>(), [middle, down], name: "add2")
    }
}

extension NodeSink {
    /// Lets operands be written in place of a value each.
    mutating func apply(_ op: any TensorOperator, _ inputs: [ValueID], name: String) throws -> ValueID {
        try apply(op, inputs.map { Optional($0) }, name: name)
    }
}

extension Plan {
    /// `graph`, which is one segment, lowered.
    func whole(_ graph: Graph, _ binding: Binding) throws -> BoundFunction {
        try bound(try #require(try program(graph).whole), binding, [])
    }
}
