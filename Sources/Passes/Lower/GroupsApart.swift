import IR

/// Convolves each group of channels by itself, where there are kernels for that: no channel of one group meets those of another.
///
///     x ─▶ conv groups 4 ─▶ y        ⟶        x ─▶ slices ─▶ 4 × conv ─▶ concat ─▶ y
///
/// Parts of x are views, and each convolution writes into its part of y. Groups of few channels stay together: they would leave most of a
/// vector empty.
package struct GroupsApart: Rule {
    package let name = "groups-apart"
    package let documentation = "Makes a convolution of a few groups of many channels one for each group."
    package let promise = Promise.exact
    package let anchors: Set<String>? = [Conv.opName, FusedConv.opName]

    private static let mostGroups = 64
    /// Fewest input and output channels of a group.
    private static let fewestChannels = 8

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let y = node.outputs.first, graph.type(of: y).rank == 4, graph.type(of: y).dtype == .f32,
            let conv = ConvOperands(node.op), (2...Self.mostGroups).contains(conv.geometry.groups),
            let filter = node.inputs.dropFirst().first ?? nil, let shape = graph.type(of: filter).staticShape,
            shape[1] >= Self.fewestChannels,
            shape[0] / conv.geometry.groups >= Self.fewestChannels
        else { return nil }
        let groups = conv.geometry.groups
        var patch = Patch(for: graph, at: node.id)
        // x and a residual have channels second; filter and bias have outputs first.
        let parts = try node.inputs.enumerated().map { index, input -> [ValueID?] in
            guard let input else { return [ValueID?](repeating: nil, count: groups) }
            return try Self.parts(of: input, axis: index == 0 || index == conv.residual ? 1 : 0, groups, node.name, &patch)
        }
        let results = try (0..<groups).map { group in
            try patch.apply(Self.ofOneGroup(node.op, conv), parts.map { $0[group] }, name: node.name)
        }
        try patch.replace(y, by: Concat(axis: 1), results, name: node.name)
        return patch
    }

    private static func ofOneGroup(_ op: any Operator, _ conv: ConvOperands) -> any Operator {
        let own = conv.geometry
        let geometry = ConvGeometry(stride: own.stride, padding: own.padding, dilation: own.dilation)
        return op is FusedConv ? FusedConv(geometry, activation: conv.activation) : Conv(geometry)
    }

    private static func parts(of value: ValueID, axis: Int, _ groups: Int, _ name: String, _ patch: inout Patch) throws -> [ValueID?] {
        let size = patch.type(of: value).shape[axis].floorDivided(by: Dim(groups))
        return try (0..<groups).map { group in
            try patch.apply(Slice(axis: axis, start: size * Dim(group), end: size * Dim(group + 1)), [value], name: name)
        }
    }
}
