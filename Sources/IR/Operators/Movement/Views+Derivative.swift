extension Reshape: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent().reshaped(node.input(0).shape)] }
}

extension Transpose: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let back = permutation.indices.map { place in permutation.firstIndex(of: place) ?? place }
        return [try node.cotangent().transposed(back)]
    }
}

/// The caller sums over what is stretched.
extension Expand: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent()] }
}

/// Zeros around, and between the positions of a step.
extension Slice: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let axis = try x.axis(axis)
        let taken = try dy.spread(axis, by: step).sliced(axis, from: 0, to: end - start)
        return [try taken.withZeros(axis, before: start, behind: x.shape[axis] - end)]
    }
}

extension Split: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        guard let known = node.cotangents.lazy.compactMap({ $0 }).first else { return [nil] }
        let parts = try zip(node.cotangents, node.outputs).map { try $0 ?? known.zeros($1.shape) }
        return [try Traced.joined(parts, axis: known.axis(axis))]
    }
}

extension Concat: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let dy = try node.cotangent()
        let axis = try dy.axis(axis)
        var start: Dim = 0
        return try node.inputs.indices.map { index in
            let size = try node.input(index).shape[axis]
            defer { start = start + size }
            return try node.wanted(index) { try dy.sliced(axis, from: start, to: start + size) }
        }
    }
}

extension PixelShuffle: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent().applying(PixelUnshuffle(factor: factor))] }
}

extension PixelUnshuffle: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent().applying(PixelShuffle(factor: factor))] }
}
