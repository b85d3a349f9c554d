import IR

/// A transposition of dimensions that are merged for it and split behind it.
///
///     x [b, h, m, d] ──▶ reshape [b·h, m, d] ──▶ transpose ──▶ reshape [b, h, d, m] ──▶ y        ⟶        x ──▶ transpose ──▶ y
struct GroupedTransposition {
    /// Of the dimensions of x.
    let permutation: [Int]

    /// - Parameters:
    ///   - shape: of x.
    ///   - merged: x as the transposition sees it.
    ///   - split: what the result is seen as.
    init?(_ shape: [Dim], merged: [Dim], _ transposition: [Int], split: [Dim]) {
        guard let groups = Self.groups(of: shape, in: merged) else { return nil }
        permutation = transposition.flatMap { groups[$0] }
        guard permutation.count == shape.count, permutation.map({ shape[$0] }) == split else { return nil }
    }

    /// For each size of `merged` the dimensions of `shape` that it is the product of.
    private static func groups(of shape: [Dim], in merged: [Dim]) -> [[Int]]? {
        var (groups, next): ([[Int]], Int) = ([], 0)
        for size in merged {
            var (group, product): ([Int], Dim) = ([], 1)
            while next < shape.count, group.isEmpty || product != size {
                if group.isEmpty, size.value == 1, shape[next].value != 1 { break }
                product = product * shape[next]
                group.append(next)
                next += 1
            }
            guard product == size else { return nil }
            groups.append(group)
        }
        // Sizes 1 at the end belong to the last.
        while next < shape.count, shape[next].value == 1, !groups.isEmpty {
            groups[groups.count - 1].append(next)
            next += 1
        }
        return next == shape.count ? groups : nil
    }
}

extension ReshapeMerge {
    /// The transposition that three nodes are, of which `node` is the last.
    func transposition(_ node: Node, _ output: ValueID, _ match: Match) throws -> Patch? {
        guard node.op is Reshape, let (inner, op) = match.soleOp(Transpose.self, of: match.operand(node, 0)),
            let (first, _) = match.op(Reshape.self, of: match.operand(inner, 0)), let x = match.operand(first, 0),
            let merged = match.operand(inner, 0),
            let found = GroupedTransposition(
                match.type(x).shape, merged: match.type(merged).shape, op.permutation, split: match.type(output).shape)
        else { return nil }
        var patch = Patch(for: match.graph, at: node.id)
        try patch.replace(output, by: Transpose(found.permutation), [x], name: inner.name)
        return patch
    }
}
