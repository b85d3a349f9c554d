/// A fold whose derivative is written in operators.
package protocol DifferentiableFold: ReduceFunction {
    /// The cotangent of `x`, or what stretches to it, where `dy` and `y` have size 1 along the folded `axes`.
    static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced
}

extension Reduce: Differentiable where Function: DifferentiableFold {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, y, dy) = (try node.input(0), try node.output(), try node.cotangent())
        let folded = try axes.map(x.axis)
        let kept = x.shape.indices.map { folded.contains($0) ? 1 : x.shape[$0] }
        return [try Function.cotangent(dy.reshaped(kept), x, y.reshaped(kept), folded.sorted()).expanded(to: x.shape)]
    }
}

extension ReduceSum: DifferentiableFold {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced { dy }
}

extension ReduceMean: DifferentiableFold {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced {
        try dy / dy.size(axes.reduce(1) { $0 * x.shape[$1] })
    }
}

/// The largest elements share it evenly.
extension ReduceMax: DifferentiableFold {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced {
        let isChosen = try x.equals(y).cast(to: dy.dtype)
        return try isChosen * (dy / isChosen.sum(axes))
    }
}

/// As for the maximum.
extension ReduceMin: DifferentiableFold {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced {
        try ReduceMax.cotangent(dy, x, y, axes)
    }
}

/// The product of all others: of those before, times that of those behind, so that zeros do no harm.
extension ReduceProd: DifferentiableFold {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced, _ axes: [Int]) throws -> Traced {
        let order = x.shape.indices.filter { !axes.contains($0) } + axes
        let moved = try x.transposed(order)
        let line = try moved.reshaped(moved.shape.dropLast(axes.count) + [axes.reduce(1) { $0 * x.shape[$1] }])
        let (before, behind) = (CumProd(axis: -1, exclusive: true), CumProd(axis: -1, exclusive: true, reverse: true))
        let others = try (line.applying(before) * line.applying(behind)).reshaped(moved.shape)
        return try dy * others.transposed(order.indices.map { place in order.firstIndex(of: place) ?? place })
    }
}

/// The same sum from the other end.
extension CumSum: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        [try node.cotangent().applying(CumSum(axis: axis, exclusive: exclusive, reverse: !reverse))]
    }
}
