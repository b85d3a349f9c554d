/// With T[k, i] the product of what lies between k and i, and B[k] that of all before k: dx[k] = B[k] · Σ_i dy[i] · T[k, i]. A product of n × n
/// elements, so that zeros do no harm.
extension CumProd: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let axis = try x.axis(axis)
        let (line, back) = (try x.swappingLast(with: axis), try dy.swappingLast(with: axis))
        let (count, outer) = (line.shape[x.rank - 1], Array(line.shape[..<(x.rank - 1)]))
        let (places, positions) = (try x.counting(count).reshaped([count, 1]), try x.counting(count))
        // Of y[i] the factors that stand between k and i, and those y[i] that x[k] is a factor of.
        let isBetween = try reverse ? positions.isLess(than: places) : positions.isGreater(than: places)
        let isMoved = try exclusive ? isBetween : reverse ? places.isAtLeast(positions) : positions.isAtLeast(places)
        let factors = try isBetween.choosing(line.reshaped(outer + [1, count]), else: line.number(1))
        let between = try factors.applying(CumProd(axis: x.rank, exclusive: exclusive, reverse: reverse))
        let shares = try isMoved.choosing(back.reshaped(outer + [1, count]), else: back.number(0))
        let before = try line.applying(CumProd(axis: x.rank - 1, exclusive: true, reverse: reverse))
        return [try (before * (between * shares).sum([x.rank], keepDims: false)).swappingLast(with: axis)]
    }
}
