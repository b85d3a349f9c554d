/// Which elements of a tensor share a scale, and a zero point, of ``Quantize`` and ``Dequantize``.
///
/// A scale is one number, `[n]` along ``axis``, or has as many dimensions as the tensor: each is as long as the tensor's, or 1; on ``axis``
/// with ``block``, as many as there are blocks of so many neighbours.
package struct ScalePlacement: Sendable, Hashable {
    /// Of a scale of one dimension, and of blocks; negative ones count from the end.
    package let axis: Int
    /// Neighbours along ``axis`` that share a scale; 0 for none.
    package let block: Int

    /// - Parameter block: 0, or positive.
    package init(axis: Int = 0, block: Int = 0) { (self.axis, self.block) = (axis, block) }

    init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis", default: 0)
        block = try attributes.int("block", default: 0)
        guard block >= 0 else { throw AttributeError("block must not be negative, but is \(block)") }
    }

    var attributes: Attributes {
        var fields: Attributes = axis == 0 ? [:] : ["axis": .int(axis)]
        if block != 0 { fields["block"] = .int(block) }
        return fields
    }

    static let documentation = [
        "axis": "dimension of a scale [n], and of blocks; default 0",
        "block": "neighbours along axis that share a scale, if the scale has all dimensions; default 0: none",
    ]

    /// - Throws: ``InferenceError`` if the type of `x` says that other elements share a scale than a `scale` has.
    func check(_ x: TensorType, _ scale: TensorType) throws {
        guard let said = x.quantization, scale.elementCount.value != 1, let own = quantization(x, scale), own != said else { return }
        throw InferenceError("a scale of \(scale) with axis \(axis) and block \(block) does not fit \(x)")
    }

    /// A zero point is a level, and there are as many as scales.
    static func check(zero: TensorType?, of levels: DType, _ scale: TensorType) throws {
        guard let zero else { return }
        try Check.dtype(zero, levels, "zero")
        try Check.shape(zero, scale.shape, "zero")
    }

    /// What a scale of `scale` says of a tensor of `x`; nil where no name is known for it.
    package func quantization(_ x: TensorType, _ scale: TensorType) -> TensorType.Quantization? {
        if scale.elementCount.value == 1 { return .perTensor }
        let axis = self.axis < 0 ? self.axis + x.rank : self.axis
        if scale.rank == 1, x.rank > 1 || block == 0 { return .perChannel(axis: axis) }
        guard scale.rank == x.rank, x.shape.indices.contains(axis) else { return nil }
        let blocks = block > 0 ? x.shape[axis].ceilDivided(by: Dim(block)) : x.shape[axis]
        if block > 0, scale.shape.indices.allSatisfy({ scale.shape[$0] == ($0 == axis ? blocks : x.shape[$0]) }) {
            return .perGroup(axis: axis, size: block)
        }
        let own = scale.shape.indices.filter { scale.shape[$0].value != 1 }
        return own.count == 1 && scale.shape[own[0]] == x.shape[own[0]] && !(block > 1 && own[0] == axis) ? .perChannel(axis: own[0]) : nil
    }

    /// Sizes of the dimensions of the tensor that the scale has, as it broadcasts before blocks are spread.
    /// - Throws: ``InferenceError`` if the scale does not fit.
    package func spread(_ scale: TensorType, over x: TensorType, _ name: String) throws -> [Dim] {
        if scale.rank == 0 { return [] }
        let axis = x.rank == 0 ? 0 : try Check.axis(self.axis, rank: x.rank)
        if scale.rank == 1, x.rank > 0, !(block > 0 && x.rank == 1) {
            if scale.shape[0].value == 1 { return [Dim](repeating: 1, count: x.rank) }
            guard block == 0 else { throw InferenceError("blocks of \(x) need a \(name) of as many dimensions, not \(scale)") }
            try Check.mayEqual(scale.shape[0], x.shape[axis], "\(name) (\(scale)) must have as many elements as axis \(axis) of \(x)")
            return x.shape.indices.map { $0 == axis ? scale.shape[0] : 1 }
        }
        guard scale.rank == x.rank else {
            throw InferenceError("\(name) (\(scale)) must be one number, a row, or have the dimensions of \(x)")
        }
        for (dimension, (own, size)) in zip(scale.shape, x.shape).enumerated() where own.value != 1 {
            let wanted = dimension == axis && block > 0 ? size.ceilDivided(by: Dim(block)) : size
            try Check.mayEqual(own, wanted, "dimension \(dimension) of \(name) (\(scale)) must be 1 or \(wanted)")
        }
        return scale.shape
    }

    /// For each element of a tensor of `shape`, in order, the position of its scale in a scale of `scale`.
    package func positions(_ shape: [Int], _ scale: [Int]) -> [Int] {
        let count = shape.reduce(1, *)
        guard !scale.isEmpty, !shape.isEmpty else { return [Int](repeating: 0, count: count) }
        let axis = self.axis < 0 ? self.axis + shape.count : self.axis
        let isRow = scale.count == 1 && !(block > 0 && shape.count == 1)
        let sizes = isRow ? shape.indices.map { $0 == axis ? scale[0] : 1 } : scale
        var strides = [Int](repeating: 1, count: shape.count)
        for index in strides.indices.dropLast().reversed() { strides[index] = strides[index + 1] * sizes[index + 1] }
        return (0..<count).map { element in
            var (left, position) = (element, 0)
            for index in shape.indices.reversed() {
                let place = left % shape[index]
                left /= shape[index]
                if sizes[index] != 1 { position += strides[index] * (index == axis && block > 0 ? place / block : place) }
            }
            return position
        }
    }
}
