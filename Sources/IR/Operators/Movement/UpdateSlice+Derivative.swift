/// Nothing comes to the replaced block of x; what comes there is the update's.
extension UpdateSlice: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (update, position, dy) = (try node.input(1), try node.input(2), try node.cotangent())
        return [
            try node.wanted(0) { try dy.applying(self, dy.zeros(update.shape), position) },
            try node.wanted(1) { try block(of: dy, update.shape, position) },
        ]
    }

    private func block(of dy: Traced, _ shape: [Dim], _ position: Traced) throws -> Traced {
        let moving = try dy.axis(axis)
        let places = try position.counting(shape[moving], from: offsets[moving]) + position
        var block = try dy.gathered(places, axis: moving)
        for dimension in shape.indices where dimension != moving {
            let start = Dim(offsets[dimension])
            block = try block.sliced(dimension, from: start, to: start + shape[dimension])
        }
        return block
    }
}
