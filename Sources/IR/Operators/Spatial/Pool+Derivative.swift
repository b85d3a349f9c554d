/// Each window's share goes back to all positions that it saw.
extension AveragePool: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let (sizes, results) = (Array(x.shape[2...]), Array(dy.shape[2...]))
        let shares = try shares(of: dy, sizes)
        if let blocks = try blocks(of: shares, over: x.shape) { return [blocks] }
        // A filter of ones for each channel; for each plane, where symbols leave open how many channels there are.
        let groups = x.shape[1].value ?? 1
        let planes = groups == x.shape[1].value ? Array(x.shape[..<2]) : [x.shape[0] * x.shape[1], 1]
        let ones = try dy.filled([Dim(groups), 1] + geometry.kernel.map { Dim($0) }, 1)
        let windows = try TransposedWindows(geometry, of: sizes, results: results, groups: groups)
        return [try windows.spread(shares.reshaped(planes + results), ones, over: planes + sizes).reshaped(x.shape)]
    }

    /// Where windows neither overlap nor leave gaps each share is repeated, with zeros behind the last; nil for other windows.
    private func blocks(of shares: Traced, over shape: [Dim]) throws -> Traced? {
        guard geometry.kernel == geometry.stride, geometry.padding.allSatisfy({ $0 == 0 }), geometry.dilation.allSatisfy({ $0 == 1 }),
            !geometry.ceil, geometry.kernel.count <= 2
        else { return nil }
        let covered = zip(shares.shape[2...], geometry.kernel).map { $0 * Dim($1) }
        var dx = try shares.applying(Resize(size: covered, mode: .nearest))
        for axis in covered.indices { dx = try dx.withZeros(axis + 2, before: 0, behind: shape[axis + 2] - covered[axis]) }
        return dx
    }

    private func shares(of dy: Traced, _ sizes: [Dim]) throws -> Traced {
        switch divisor {
        case .none: return dy
        case .inside:
            let counts = try dy.filled([1, 1] + sizes, 1).applying(AveragePool(geometry, divisor: .none))
            // Windows on padding alone give 0 to nobody.
            return try dy / counts.maximum(counts.number(1))
        case .padded:
            guard !geometry.ceil else { throw DerivativeError("with both 'ceil' and the divisor 'padded' it has no derivative") }
            return try dy / Double(geometry.kernel.reduce(1, *))
        }
    }
}

/// What each window gave goes back to the element that was its largest.
extension MaxPool: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let places = try indices ? node.output(1) : x.results(of: MaxPool(geometry, indices: true))[1]
        let (count, picks) = (x.type.elementCount, dy.type.elementCount)
        return [try dy.reshaped([picks]).scatteredRows(places.reshaped([picks]), rows: count).reshaped(x.shape)]
    }
}
