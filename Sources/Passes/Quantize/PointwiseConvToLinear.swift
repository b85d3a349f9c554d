import IR

/// Makes 1 × 1 convolutions dense layers, whose products come in every precision.
///
///     x [n, c, h, w] ─▶ conv 1×1 ─▶ y        ⟶        x ─▶ transpose ─▶ fused_linear ─▶ transpose ─▶ y
///
/// Convolutions keep channels last in memory, where these transpositions are views.
package struct PointwiseConvToLinear: Rule {
    package let name = "pointwise-conv-to-linear"
    package let documentation = "Makes convolutions of a 1 × 1 kernel with stride 1 dense layers of each pixel's channels."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ConvLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph) != .f32, let layer = ConvLayer(node, graph, module), layer.isPointwise,
            let output = node.outputs.first
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        func pixels(_ value: ValueID, _ patch: inout Patch) throws -> ValueID {
            try patch.add(Transpose([0, 2, 3, 1]), [value], name: node.name)[0]
        }
        let shape = Array(layer.filter.type.shape.prefix(2))
        let matrix = Constant(key: "\(layer.filter.key)#matrix", type: TensorType(.f32, shape), bytes: layer.filter.bytes)
        if let known = module.constants[matrix.key], known != matrix { return nil }
        let weight = try patch.constant(matrix)
        let residual = try layer.residual.map { try pixels($0, &patch) }
        let operands = [try pixels(layer.x, &patch), weight, layer.bias, nil, residual].trimmed
        let y = try patch.add(FusedLinear(activation: layer.activation), operands, name: node.name)[0]
        try patch.replace(output, by: Transpose([0, 3, 1, 2]), [y], name: node.name)
        return patch
    }
}
