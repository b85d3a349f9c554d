/// Each window's share goes back to all positions that it saw.
extension AveragePool: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let (sizes, results) = (Array(x.shape[2...]), Array(dy.shape[2...]))
        let planes = x.shape[0] * x.shape[1]
        let shares = try shares(of: dy, sizes).reshaped([planes, 1] + results)
        let ones = try dy.filled([1, 1] + geometry.kernel.map { Dim($0) }, 1)
        let windows = try TransposedWindows(geometry, of: sizes, results: results)
        return [try windows.spread(shares, ones, over: [planes, 1] + sizes).reshaped(x.shape)]
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
