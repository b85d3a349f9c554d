/// Zeros, to which each slice is added where it was picked.
extension Gather: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, indices, dy) = (try node.input(0), try node.input(1), try node.cotangent())
        let axis = try x.axis(axis)
        let (outer, inner) = (x.shape[..<axis].reduce(1, *), x.shape[(axis + 1)...].reduce(1, *))
        let picks = indices.type.elementCount
        let places = try indices.reshaped([picks])
        if axis == 0 { return [try dy.reshaped([picks] + x.shape.dropFirst()).scatteredRows(places, rows: x.shape[0])] }
        let slices = try dy.reshaped([outer, picks, inner]).transposed([1, 0, 2])
        return [try slices.scatteredRows(places, rows: x.shape[axis]).transposed([1, 0, 2]).reshaped(x.shape)]
    }
}

/// Zeros, to which each element is added where it was picked; one for each line is put there, as no two meet.
extension GatherElements: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, indices, dy) = (try node.input(0), try node.input(1), try node.cotangent())
        let isAlone = try indices.shape[x.axis(axis)] == 1
        let op: any Operator = isAlone ? ScatterElements(axis: axis) : ScatterReduce(.add, axis: axis)
        return [try dy.zeros(x.shape).applying(op, indices, dy)]
    }
}

/// Each value goes back to its place.
extension TopK: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        return [try dy.zeros(x.shape).applying(ScatterElements(axis: axis), node.output(1), dy)]
    }
}
