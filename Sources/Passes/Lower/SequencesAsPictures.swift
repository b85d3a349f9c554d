import IR

/// Convolves and resizes sequences as pictures of one row, for which there are kernels.
///
///     x [n, c, d] ─▶ conv ─▶ y        ⟶        x ─▶ reshape [n, c, 1, d] ─▶ conv ─▶ reshape ─▶ y
package struct SequencesAsPictures: Rule {
    package let name = "sequences-as-pictures"
    package let documentation = "Makes convolutions and resizes of one dimension those of pictures of one row."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [
        Conv.opName, FusedConv.opName, Resize.opName, ConvWeightGradient.opName, TurnFilter.opName, ResizeGradient.opName,
    ]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let y = node.outputs.first, graph.type(of: y).rank == 3, let op = Self.overPictures(node.op) else { return nil }
        var patch = Patch(for: graph, at: node.id)
        let operands = try node.inputs.enumerated().map { index, input -> ValueID? in
            // The bias is a vector, whatever the convolution runs over.
            guard let input, index != 2 else { return input }
            let shape = graph.type(of: input).shape
            return try patch.reshaped(input, shape[..<2] + [1] + shape[2...], name: node.name)
        }
        let picture = try patch.apply(op, operands, name: node.name)
        patch.replace(y, with: try patch.reshaped(picture, graph.type(of: y).shape, name: node.name))
        return patch
    }

    private static func overPictures(_ op: any Operator) -> (any Operator)? {
        if let op = op as? Conv { return Conv(op.geometry.overPictures) }
        if let op = op as? Resize { return op.overPictures }
        if let op = op as? ConvWeightGradient { return op.overPictures }
        if let op = op as? ResizeGradient { return op.overPictures }
        if op is TurnFilter { return op }
        return (op as? FusedConv).map { FusedConv($0.geometry.overPictures, activation: $0.activation) }
    }
}
