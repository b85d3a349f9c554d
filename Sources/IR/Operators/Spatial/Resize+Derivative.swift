/// Where pixels are repeated by whole factors, sums over blocks; else an operator of its own.
extension Resize: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        if let factors = factors(from: Array(x.shape[2...])) {
            let blocks = PoolGeometry(kernel: factors, stride: factors)
            return [factors.allSatisfy { $0 == 1 } ? dy : try dy.applying(AveragePool(blocks, divisor: .none))]
        }
        return [try dy.applying(ResizeGradient(resized(to: Array(x.shape[2...]))))]
    }

    /// How often each pixel is repeated along each dimension; nil where that is not what resizing does, or symbols leave it open.
    private func factors(from sizes: [Dim]) -> [Int]? {
        guard repeatsPixels else { return nil }
        let factors = zip(size, sizes).compactMap { new, old -> Int? in
            guard new.remainder(by: old).value == 0 else { return nil }
            return new.floorDivided(by: old).value
        }
        return factors.count == size.count && factors.allSatisfy { $0 > 0 } ? factors : nil
    }
}

extension Resize {
    /// The same with other sizes of the result.
    fileprivate func resized(to size: [Dim]) -> Resize {
        Resize(
            size: size, mode: mode, alignCorners: alignCorners, cubicCoefficient: cubicCoefficient, coordinates: coordinates,
            details: details)
    }
}

/// Linear: the cotangent is resized as the picture was.
extension ResizeGradient: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let dy = try node.input(0)
        return [try node.cotangent().applying(resize.resized(to: Array(dy.shape[2...])))]
    }
}
