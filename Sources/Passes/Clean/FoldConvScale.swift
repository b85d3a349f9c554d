import IR

/// Takes a constant scale or shift of each channel, such as a batch normalization comes to, into the filter and bias before it.
///
///     x ─▶ conv ─▶ mul ─▶ add ─▶ y        ⟶        x, weight · scale, bias · scale + shift ─▶ conv ─▶ y
///              scale ┘ shift ┘
///
/// Between them may stand what a transposed convolution ends in: pixel_shuffle, and slices of the picture.
package struct FoldConvScale: Rule {
    package let name = "fold-conv-scale"
    package let documentation = "Multiplies filter and bias of a convolution by constants of each channel, or adds them to the bias."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["mul", "add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        for (product, parameter) in match.bothOrders(node) where graph.type(of: product) == graph.type(of: output) {
            guard let (base, conv, chain) = convolution(product, match), let weight = match.operand(base, 1),
                graph.type(of: weight).dtype == graph.type(of: parameter).dtype, let outputs = graph.type(of: weight).shape.first,
                let channels = graph.type(of: output).shape.dropFirst().first?.value,
                isConstant(parameter, match), isForChannels(graph.type(of: parameter), channels, rank: graph.type(of: output).rank)
            else { continue }
            let bias = match.operand(base, 2)
            if node.opName == "mul", !isConstant(weight, match) || !(bias.map { isConstant($0, match) } ?? true) { continue }
            var patch = Patch(for: graph, at: node.id)
            let row = try perOutput(parameter, channels, outputs, node.name, &patch)
            let operands = try folded(node, base, weight, row, match, &patch)
            var y = try patch.apply(conv, operands, name: base.name)
            for link in chain { y = try patch.apply(link.op, [y], name: link.name) }
            patch.replace(output, with: y)
            return patch
        }
        return nil
    }

    /// The convolution that `value` comes from, and the nodes between, first to last; none of them is read by anything else.
    private func convolution(_ value: ValueID, _ match: Match) -> (node: Node, op: Conv, chain: [Node])? {
        var (value, chain): (ValueID, [Node]) = (value, [])
        while match.graph.hasSingleUse(value), let node = match.graph.producer(of: value) {
            switch node.op {
            case let conv as Conv: return (node, conv, chain.reversed())
            case is PixelShuffle: break
            case let slice as Slice: guard slice.axis >= 2 else { return nil }
            default: return nil
            }
            guard let before = match.operand(node, 0) else { return nil }
            chain.append(node)
            value = before
        }
        return nil
    }

    private func isConstant(_ value: ValueID, _ match: Match) -> Bool {
        if match.graph.constantKey(of: value) != nil { return true }
        // A filter that was multiplied a moment ago and is not folded yet.
        guard let node = match.graph.producer(of: value), node.op.isPure, node.op.symbols.isEmpty else { return false }
        return !node.inputs.isEmpty && node.inputs.allSatisfy { $0.map { match.graph.constantKey(of: $0) != nil } ?? false }
    }

    /// One number, or one for each channel of a tensor of `rank` dimensions.
    private func isForChannels(_ type: TensorType, _ channels: Int, rank: Int) -> Bool {
        if type.elementCount == 1 { return type.rank <= rank }
        let axis = type.rank - (rank - 1)
        return (axis == 0 || axis == 1) && type.elementCount == Dim(channels) && type.shape[axis] == Dim(channels)
    }

    /// `parameter` as a vector over the convolution's outputs; those that become the pixels of one channel are neighbours.
    private func perOutput(
        _ parameter: ValueID, _ channels: Int, _ outputs: Dim, _ name: String, _ patch: inout Patch
    ) throws -> ValueID {
        if patch.type(of: parameter).elementCount == 1 {
            return try patch.apply(Expand([outputs]), [try patch.reshaped(parameter, [1], name: name)], name: name)
        }
        if outputs == Dim(channels) { return try patch.reshaped(parameter, [outputs], name: name) }
        let column = try patch.reshaped(parameter, [Dim(channels), 1], name: name)
        let spread = try patch.apply(Expand([Dim(channels), outputs.floorDivided(by: Dim(channels))]), [column], name: name)
        return try patch.reshaped(spread, [outputs], name: name)
    }

    private func folded(
        _ node: Node, _ base: Node, _ weight: ValueID, _ row: ValueID, _ match: Match, _ patch: inout Patch
    ) throws -> [ValueID?] {
        let bias = match.operand(base, 2)
        guard node.opName == "mul" else {
            return [base.inputs[0], weight, try bias.map { try patch.apply(Binary<Add>(), [$0, row], name: node.name) } ?? row]
        }
        let rank = patch.type(of: weight).rank
        let sizes = patch.type(of: row).shape + [Dim](repeating: 1, count: rank - 1)
        let filter = try patch.apply(Binary<Mul>(), [weight, try patch.reshaped(row, sizes, name: node.name)], name: node.name)
        guard let bias else { return [base.inputs[0], filter] }
        return [base.inputs[0], filter, try patch.apply(Binary<Mul>(), [bias, row], name: node.name)]
    }
}
