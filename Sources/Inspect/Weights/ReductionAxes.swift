import IR

/// The axes of weights that products sum over, by key.
struct ReductionAxes {
    private var axes: [String: Int] = [:]

    /// Those of the constants that products and convolutions of `module` read, through casts and transpositions too. A constant that several
    /// read has the axis of the first.
    init(_ module: Module) {
        for graph in module.functions {
            for node in graph.nodes { add(node, graph) }
        }
    }

    subscript(_ key: String) -> Int? { axes[key] }

    private static let rows: [String: [Int]] = [
        "linear": [1], "fused_linear": [1], "gated_linear": [1, 2], "quantized_linear": [1], "integer_linear": [1],
        "quantized_gated_linear": [1, 2],
    ]
    private static let filters: Set<String> = ["conv", "fused_conv", "quantized_conv", "integer_conv"]

    private mutating func add(_ node: Node, _ graph: Graph) {
        if let product = node.op as? MatMul {
            add(node, 0, graph) { product.transposeA ? $0 - 2 : $0 - 1 }
            add(node, 1, graph) { product.transposeB ? $0 - 1 : $0 - 2 }
        } else if ReductionAxes.filters.contains(node.opName) {
            add(node, 1, graph) { _ in 1 }
        } else {
            for operand in ReductionAxes.rows[node.opName] ?? [] { add(node, operand, graph) { $0 - 1 } }
        }
    }

    /// - Parameter axis: of the operand with a rank.
    private mutating func add(_ node: Node, _ operand: Int, _ graph: Graph, _ axis: (Int) -> Int) {
        guard node.inputs.indices.contains(operand), var value = node.inputs[operand], graph.valueType(of: value).isTensor else { return }
        var place = axis(graph.type(of: value).rank)
        while let maker = graph.producer(of: value), let source = maker.inputs.first ?? nil {
            if let transpose = maker.op as? Transpose {
                guard transpose.permutation.indices.contains(place) else { return }
                place = transpose.permutation[place]
            } else if !["cast", "dequantize"].contains(maker.opName) {
                return
            }
            value = source
        }
        guard let key = graph.constantKey(of: value), axes[key] == nil, place >= 0, place < graph.type(of: value).rank else { return }
        axes[key] = place
    }
}
