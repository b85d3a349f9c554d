import IR

/// Stores the weights of dense layers as bf16 or f16.
///
///     x, @w: f32 ─▶ linear ─▶ y        ⟶        x, @w#cast(bf16): bf16 ─▶ linear ─▶ y
package struct CastLinearWeights: Rule {
    package let name = "cast-linear-weights"
    package let documentation = "Rounds the weights of dense layers to bf16 or f16, which halves what they weigh."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = DenseLayer.anchors

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let half = policy.scheme(of: node, in: graph).half, let layer = DenseLayer(node, graph, module),
            let output = node.outputs.first
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        // A layer with two branches has one type for both.
        let narrowed = try layer.weights.compactMap { try CastLinearWeights.narrowed($0.constant, to: half, module, policy.rounded) }
        guard narrowed.count == layer.weights.count else { return nil }
        for (weight, constant) in zip(layer.weights, narrowed) { operands[weight.operand] = try patch.constant(constant) }
        try patch.replace(output, by: node.op, operands, name: node.name)
        return patch
    }

    /// `weight` in bf16 or f16, which the module may have already; nil where numbers of f32 would become infinite.
    /// - Parameter rounded: numbers that are taken instead of the nearest.
    static func narrowed(
        _ weight: Constant, to half: DType, _ module: Module, _ rounded: RoundedWeights = RoundedWeights()
    ) throws -> Constant? {
        let key = PrecisionPolicy.halfKey(of: weight, half)
        if let known = module.constants[key] { return known }
        if let entry = rounded[key] { return Constant(key: key, entry.levels) }
        defer { weight.bytes?.evict() }
        guard let tensor = weight.tensor else { throw InferenceError("@\(weight.key) has no data") }
        if half == .f16, !holds(tensor) { return nil }
        return try FastEvaluation.results(of: Cast(to: half), [tensor]).first.map { Constant(key: key, $0) }
    }

    /// Whether every finite number of `x` is finite in f16: below what would be rounded to 65,536.
    private static func holds(_ x: Tensor) -> Bool {
        let values = UnsafeBufferPointer(start: x.bytes.pointer.assumingMemoryBound(to: Float.self), count: x.count)
        return !values.contains { $0.isFinite && abs($0) >= 65520 }
    }
}

extension PrecisionPolicy {
    /// The key of `weight` in floats of 16 bits.
    package static func halfKey(of weight: Constant, _ half: DType) -> String { "\(weight.key)#cast(\(half.rawValue))" }
}
