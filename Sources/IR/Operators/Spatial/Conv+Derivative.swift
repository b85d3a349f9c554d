/// dx is dy, spread by the strides, convolved with the filter turned around; dweight is x convolved with dy; dbias is Σ dy.
extension Conv: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, weight, dy) = (try node.input(0), try node.input(1), try node.cotangent())
        let windows = try TransposedWindows(geometry, kernel: Array(weight.shape[2...]))
        return [
            try node.wanted(0) { try windows.spread(dy, geometry.turned(weight.cast(to: dy.dtype)), over: x.shape, geometry.groups) },
            try node.wanted(1) { try geometry.filter(from: x, dy, weight.shape) },
            try node.wanted(2) { try dy.sum(dy.shape.indices.filter { $0 != 1 }, keepDims: false) },
        ]
    }
}

extension FusedConv: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        let all = inputs + [Traced?](repeating: nil, count: max(4 - inputs.count, 0))
        guard let x = all[0] else { throw DerivativeError("operand 0 is missing") }
        let y = try x.applying(Conv(geometry), all[1], all[2]).activated(by: activation)
        return try all[3].map { try y + $0.cast(to: y.dtype) } ?? y
    }
}

extension ConvGeometry {
    /// The filter [o, c/g, k…] as [c, o/g, k…] with its taps in the opposite order.
    fileprivate func turned(_ weight: Traced) throws -> Traced {
        let (shape, spatial) = (weight.shape, Array(3..<weight.rank + 1))
        let outputs = shape[0].floorDivided(by: Dim(groups))
        var turned = try weight.reshaped([Dim(groups), outputs, shape[1]] + shape[2...]).transposed([0, 2, 1] + spatial)
        turned = try turned.reshaped([Dim(groups) * shape[1], outputs] + shape[2...])
        for axis in 2..<weight.rank where shape[axis] != 1 {
            let order = try turned.counting(shape[axis])
            turned = try turned.gathered(order.size(shape[axis] - 1) - order, axis: axis)
        }
        return turned
    }

    /// Σ over images and places of dy · x, for each tap: x [c/g, g·n, d…] convolved with dy [o, n, d′…], strides and dilations exchanged.
    fileprivate func filter(from x: Traced, _ dy: Traced, _ shape: [Dim]) throws -> Traced {
        let (own, spatial) = (spelled(x.rank - 2), Array(x.shape[2...]))
        let apart = try x.reshaped([x.shape[0], Dim(groups), shape[1]] + spatial).transposed([2, 1, 0] + (3..<x.rank + 1))
        let images = try apart.reshaped([shape[1], Dim(groups) * x.shape[0]] + spatial)
        let swapped = [1, 0] + Array(2..<x.rank)
        let exchanged = ConvGeometry(stride: own.dilation, padding: own.padding, dilation: own.stride, groups: groups)
        var filter = try images.applying(Conv(exchanged), dy.transposed(swapped))
        // Steps that left a rest at the end of x leave more taps than there are.
        for axis in 2..<x.rank { filter = try filter.sliced(axis, from: 0, to: shape[axis]) }
        return try filter.transposed(swapped)
    }
}
