/// The middle; of margins that repeat elements, what comes for the copies is added to them.
extension Pad: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let x = try node.input(0)
        var dy = try node.cotangent()
        for axis in before.indices where before[axis] + after[axis] > 0 {
            let (start, size) = (Dim(before[axis]), x.shape[axis])
            dy = mode == .constant ? try dy.sliced(axis, from: start, to: start + size) : try folded(dy, axis, size)
        }
        return [dy]
    }

    /// Rows of `dy` along `axis` added up by the positions of x, `size` of them, that they are copies of.
    private func folded(_ dy: Traced, _ axis: Int, _ size: Dim) throws -> Traced {
        let places = try sources(dy, axis, size)
        var order = Array(0..<dy.rank)
        order.swapAt(0, axis)
        return try dy.transposed(order).scatteredRows(places, rows: size).transposed(order)
    }

    /// For each padded position the one of x that stands there.
    private func sources(_ dy: Traced, _ axis: Int, _ size: Dim) throws -> Traced {
        let place = try dy.counting(dy.shape[axis], from: -before[axis])
        let (first, last) = (try place.number(0), try place.size(size - 1))
        if mode == .edge { return try place.maximum(first).minimum(last) }
        let mirrored = try place.maximum(first - place)
        let beyond = try last - mirrored
        return try last - beyond.maximum(first - beyond)
    }
}
