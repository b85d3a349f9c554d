/// Nothing comes to a replaced element; of updates with one index, the last gets what comes there.
extension ScatterElements: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (indices, updates, dy) = (try node.input(1), try node.input(2), try node.cotangent())
        return [
            try node.wanted(0) { try dy.applying(self, indices, updates.zeros()) }, nil,
            try node.wanted(2) {
                let numbers = try indices.counting(indices.type.elementCount).reshaped(indices.shape)
                let last = try numbers.zeros(dy.shape).applying(self, indices, numbers).applying(GatherElements(axis: axis), indices)
                return try last.equals(numbers).choosing(dy.applying(GatherElements(axis: axis), indices), else: dy.number(0))
            },
        ]
    }
}

/// As for single elements; what is added leaves x as it is.
extension ScatterRows: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (indices, updates, dy) = (try node.input(1), try node.input(2), try node.cotangent())
        return [
            try node.wanted(0) { add ? dy : try dy.applying(self, indices, updates.zeros()) }, nil,
            try node.wanted(2) { add ? try dy.gathered(indices) : try replaced(dy, indices) },
        ]
    }

    private func replaced(_ dy: Traced, _ indices: Traced) throws -> Traced {
        let count = indices.type.elementCount
        let numbers = try indices.counting(count)
        let last = try numbers.zeros([dy.shape[0]]).applying(self, indices, numbers).gathered(indices)
        let isLast = try last.equals(numbers).reshaped([count] + dy.shape.dropFirst().map { _ in 1 })
        return try isLast.choosing(dy.gathered(indices), else: dy.number(0))
    }
}

/// Of sums alone.
extension ScatterReduce: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        guard reduction == .add else { throw DerivativeError("the reduction '\(reduction.rawValue)' has no derivative; 'add' has one") }
        let (indices, dy) = (try node.input(1), try node.cotangent())
        return [dy, nil, try node.wanted(2) { try dy.applying(GatherElements(axis: axis), indices) }]
    }
}
