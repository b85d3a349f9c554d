import IR

/// Puts constant weights of dense layers, recurrent layers and convolutions into the order of kernels.
///
///     @w ──▶ linear ──▶ y        ⟶        @w ──▶ pack ──▶ linear ──▶ y
package struct PackWeights: Rule {
    package let name = "pack-weights"
    package let documentation =
        "Puts constant weights of dense layers, recurrent layers and convolutions into the order in which kernels read them."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [
        Linear.opName, FusedLinear.opName, GatedLinear.opName, QuantizedLinear.opName, QuantizedGatedLinear.opName,
        IntegerLinear.opName, IntegerConv.opName, RNN.opName, GRU.opName, LSTM.opName, Conv.opName, FusedConv.opName, QuantizedConv.opName,
    ]

    private let kernels: KernelFacts

    package init(_ kernels: KernelFacts = KernelFacts()) { self.kernels = kernels }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let (layout, weights) = packed(node, graph) else { return nil }
        var patch = Patch(for: graph, at: node.id)
        var operands = node.inputs
        for index in weights {
            guard let weight = node.inputs[index], let key = graph.constantKey(of: weight) else { return nil }
            operands[index] = try patch.apply(Pack(layout), [weight], name: key)
        }
        for (old, new) in zip(node.outputs, try patch.add(node.op, operands, name: node.name)) { patch.replace(old, with: new) }
        return patch
    }

    /// The layout that the kernels of `node` want, and positions of what is to have it; nil if none serves it as it is.
    private func packed(_ node: Node, _ graph: Graph) -> (Layout, [Int])? {
        if ConvOperands.hasKernel(node, graph) { return (.filter, [1]) }
        if RecurrentOperands.hasKernel(node, graph, kernels) { return (.panels, [1]) }
        guard DenseOperands.hasKernel(node, graph), let form = DenseOperands(node.op) else { return nil }
        let types = form.weights.compactMap { node.inputs[$0].map { graph.type(of: $0) } }
        let isDeep = types.contains { $0.dtype == .i8 && ($0.shape[1].value ?? .max) > kernels.integerDepth }
        if isDeep, !form.weightOnly { return nil }
        // Weights of 4 bits have one order for both.
        let isWeightOnly = form.weightOnly || types.contains { $0.dtype == .i4 }
        return (isWeightOnly ? .weightOnlyPanels : .panels, form.weights)
    }
}

/// What lowering must know of kernels.
package struct KernelFacts: Sendable {
    /// Most inputs of a product of integers, whose sums must fit 32 bits.
    package var integerDepth: Int

    package init(integerDepth: Int = .max) { self.integerDepth = integerDepth }
}
