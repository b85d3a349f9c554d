/// Each branch gets what comes where it was taken.
extension Where: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (condition, dy) = (try node.input(0), try node.cotangent())
        let none = try dy.number(0)
        return [
            nil, try node.wanted(1) { try condition.choosing(dy, else: none) },
            try node.wanted(2) { try condition.choosing(none, else: dy) },
        ]
    }
}

/// From one float type to another; the caller casts back.
extension Cast: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent()] }
}
