/// Each dimension is a product with a matrix of weights; dy is multiplied with the transposed one.
extension Resize: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let x = try node.input(0)
        var dy = try node.cotangent()
        for axis in size.indices where !keepsEqualSizes || x.shape[axis + 2] != size[axis] {
            let weights = try weights(axis, x.shape[axis + 2], dy)
            dy = try dy.swappingLast(with: axis + 2).product(weights, otherTransposed: true).swappingLast(with: axis + 2)
        }
        return [dy]
    }

    /// [old, new]: what resizing makes of each position alone.
    private func weights(_ axis: Int, _ old: Dim, _ dy: Traced) throws -> Traced {
        let positions = try dy.counting(old)
        let alone = try positions.reshaped([old, 1]).equals(positions).cast(to: dy.dtype).reshaped([1, old, old])
        let line = Resize(
            size: [size[axis]], mode: mode, alignCorners: alignCorners, cubicCoefficient: cubicCoefficient, coordinates: coordinates,
            details: details.along(axis))
        return try alone.applying(line).reshaped([old, size[axis]])
    }
}

extension ResizeDetails {
    /// Those of one dimension.
    fileprivate func along(_ axis: Int) -> ResizeDetails {
        let half = roi.count / 2
        return ResizeDetails(
            scales: scales.isEmpty ? [] : [scales[axis]], rounding: rounding, excludeOutside: excludeOutside, antialias: antialias,
            roi: roi.isEmpty ? [] : [roi[axis], roi[half + axis]])
    }
}
