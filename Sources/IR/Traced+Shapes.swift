extension Traced {
    package func reshaped(_ shape: [Dim]) throws -> Traced { shape == self.shape ? self : try applying(Reshape(shape)) }

    package func expanded(to shape: [Dim]) throws -> Traced { shape == self.shape ? self : try applying(Expand(shape)) }

    package func transposed(_ permutation: [Int]) throws -> Traced {
        permutation == Array(0..<rank) ? self : try applying(Transpose(permutation))
    }

    /// Dimension `axis` and the last one change places.
    package func swappingLast(with axis: Int) throws -> Traced {
        var order = Array(0..<rank)
        order.swapAt(axis, rank - 1)
        return try transposed(order)
    }

    /// Positions `start ..< end` of `axis`.
    package func sliced(_ axis: Int, from start: Dim, to end: Dim, step: Int = 1) throws -> Traced {
        if start == 0, end == shape[axis], step == 1 { return self }
        return try applying(Slice(axis: axis, start: start, end: end, step: step))
    }

    /// `parts` one behind the other along `axis`; at least one.
    package static func joined(_ parts: [Traced], axis: Int) throws -> Traced {
        guard let first = parts.first else { throw DerivativeError("there is nothing to join") }
        return parts.count == 1 ? first : try first.joining(Concat(axis: axis), parts)
    }

    /// Zeros before and behind along `axis`.
    package func withZeros(_ axis: Int, before: Dim, behind: Dim) throws -> Traced {
        func zeros(_ count: Dim) throws -> [Traced] {
            if count == 0 { return [] }
            var shape = shape
            shape[axis] = count
            return [try self.zeros(shape)]
        }
        return try Traced.joined(try zeros(before) + [self] + zeros(behind), axis: axis)
    }

    /// `step - 1` zeros behind each position of `axis`.
    package func spread(_ axis: Int, by step: Int) throws -> Traced {
        if step == 1 { return self }
        let (outer, inner) = (Array(shape[...axis]), Array(shape[(axis + 1)...]))
        var wide = try reshaped(outer + [1] + inner)
        wide = try wide.withZeros(axis + 1, before: 0, behind: Dim(step - 1))
        return try wide.reshaped(shape[..<axis] + [shape[axis] * Dim(step)] + inner)
    }

    /// Sums over `axes`.
    package func sum(_ axes: [Int], keepDims: Bool = true) throws -> Traced {
        axes.isEmpty ? self : try applying(Reduce<ReduceSum>(axes: axes, keepDims: keepDims))
    }

    /// Means over `axes`, with size 1 there.
    package func mean(_ axes: [Int]) throws -> Traced { try applying(Reduce<ReduceMean>(axes: axes, keepDims: true)) }

    /// Summed over the dimensions that broadcasting from `shape` has stretched or added.
    package func summed(to shape: [Dim]) throws -> Traced {
        if shape == self.shape { return self }
        let added = rank - shape.count
        let stretched = shape.indices.filter { added >= 0 && shape[$0].value == 1 && self.shape[$0 + added].value != 1 }
        let axes = Array(0..<max(added, 0)) + stretched.map { $0 + added }
        let kept = self.shape.indices.map { axes.contains($0) ? 1 : self.shape[$0] }
        guard added >= 0, zip(kept[added...], shape).allSatisfy({ $0 == $1 || ($0 - $1).value == nil }) else {
            throw DerivativeError("a cotangent of shape [\(list(self.shape))] is not of an operand of shape [\(list(shape))]")
        }
        // Sizes that symbols leave open are compared when it runs.
        return try sum(axes, keepDims: !stretched.isEmpty).reshaped(shape)
    }

    private func list(_ shape: [Dim]) -> String { shape.map(\.description).joined(separator: ", ") }

    /// The product of the matrices in the last two dimensions.
    package func product(_ other: Traced, transposed: Bool = false, otherTransposed: Bool = false) throws -> Traced {
        try applying(MatMul(transposeA: transposed, transposeB: otherTransposed), other)
    }

    /// `start`, `start + 1`, …: i64.
    package func counting(_ size: Dim, from start: Int = 0) throws -> Traced { try source(Iota(size: size, start: start)) }

    /// A size as one number of this element type, without dimensions.
    package func size(_ dim: Dim) throws -> Traced {
        if let value = dim.value { return try number(Double(value)) }
        return try source(Shape([dim])).cast(to: dtype).reshaped([])
    }

    /// Slices along `axis`, picked by indices.
    package func gathered(_ indices: Traced, axis: Int = 0) throws -> Traced { try applying(Gather(axis: axis), indices) }

    /// Rows of this added to zeros of `rows` rows, each at the place that `indices` [n] says.
    package func scatteredRows(_ indices: Traced, rows: Dim) throws -> Traced {
        try zeros([rows] + shape.dropFirst()).applying(ScatterRows(add: true), indices, self)
    }
}
