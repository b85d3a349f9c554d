import IR

/// Stores the weights of dense layers as bf16.
///
///     x, @w: f32 ─▶ linear ─▶ y        ⟶        x, @w#cast(bf16): bf16 ─▶ linear ─▶ y
package struct CastLinearWeights: Rule {
    package let name = "cast-linear-weights"
    package let documentation = "Rounds the weights of dense layers to bf16, which halves what they weigh."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph) == .bf16, let layer = DenseLayer(node, graph, module), let output = node.outputs.first
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        for (index, weight) in layer.weights {
            operands[index] = try patch.constant(try CastLinearWeights.narrowed(weight, module))
        }
        try patch.replace(output, by: node.op, operands, name: node.name)
        return patch
    }

    /// `weight` in bf16, which the module may have already.
    static func narrowed(_ weight: Constant, _ module: Module) throws -> Constant {
        let key = "\(weight.key)#cast(bf16)"
        if let known = module.constants[key] { return known }
        defer { weight.bytes?.evict() }
        guard let tensor = weight.tensor, let result = try FastEvaluation.results(of: Cast(to: .bf16), [tensor]).first else {
            throw InferenceError("@\(weight.key) has no data")
        }
        return Constant(key: key, result)
    }
}
