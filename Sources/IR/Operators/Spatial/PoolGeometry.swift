/// Windows that slide over the dimensions behind the channels; shared by ``MaxPool`` and ``AveragePool``.
package struct PoolGeometry: Sendable, Equatable {
    /// Size of a window along each spatial dimension.
    package let kernel: [Int]
    package let stride: [Int]
    /// Positions outside the input: before each spatial dimension, then behind each.
    package let padding: [Int]
    /// Distance between positions of a window.
    package let dilation: [Int]
    /// Whether a last window that is not full counts, as long as it starts on the input or the padding before it.
    package let ceil: Bool

    /// What is left out stands for 1 along all dimensions, padding for none.
    package init(kernel: [Int], stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], ceil: Bool = false) {
        let ones = [Int](repeating: 1, count: kernel.count)
        self.kernel = kernel
        self.stride = stride.isEmpty ? ones : stride
        self.padding = padding.isEmpty ? [Int](repeating: 0, count: 2 * kernel.count) : padding
        self.dilation = dilation.isEmpty ? ones : dilation
        self.ceil = ceil
    }

    init(reading attributes: inout AttributeReader) throws {
        self.init(
            kernel: try attributes.ints("kernel"), stride: try attributes.ints("stride", default: []),
            padding: try attributes.ints("padding", default: []), dilation: try attributes.ints("dilation", default: []),
            ceil: try attributes.bool("ceil"))
    }

    static let documentation = [
        "kernel": "size of a window along each spatial dimension", "stride": "steps along each spatial dimension, default 1",
        "padding": "positions outside, before each spatial dimension, then behind each, default none",
        "dilation": "distance between positions of a window, default 1",
        "ceil": "a last window that is not full counts too, if it starts before the padding behind, default false",
    ]

    var attributes: Attributes {
        var fields: Attributes = ["kernel": .ints(kernel)]
        if stride.contains(where: { $0 != 1 }) { fields["stride"] = .ints(stride) }
        if padding.contains(where: { $0 != 0 }) { fields["padding"] = .ints(padding) }
        if dilation.contains(where: { $0 != 1 }) { fields["dilation"] = .ints(dilation) }
        if ceil { fields["ceil"] = .bool(true) }
        return fields
    }

    /// The type of y for x, which has a spatial dimension for each of the kernel's.
    func resultType(_ x: TensorType) throws -> TensorType {
        try Check.rank(x, 3...5, "x")
        let rank = x.rank - 2
        let positive = kernel + stride + dilation
        guard kernel.count == rank, stride.count == rank, dilation.count == rank, padding.count == 2 * rank,
            positive.allSatisfy({ 1...Int(Int32.max) ~= $0 }), padding.allSatisfy({ 0...Int(Int32.max) ~= $0 })
        else {
            throw InferenceError(
                "kernel, stride and dilation must be \(rank) positive numbers, padding \(2 * rank) of at least 0, all below 2^31")
        }
        let spatial = try (0..<rank).map { try size($0, of: x.shape[$0 + 2], x) }
        return x.with(shape: x.shape[..<2] + spatial)
    }

    /// How many windows fit: ⌊room / stride⌋ + 1, or ⌈room / stride⌉ + 1 but none beyond ⌈(d + before) / stride⌉.
    private func size(_ axis: Int, of d: Dim, _ x: TensorType) throws -> Dim {
        let (step, before, behind) = (stride[axis], padding[axis], padding[axis + kernel.count])
        let reach = dilation[axis] * (kernel[axis] - 1) + 1
        let room = d + Dim(before + behind - reach)
        try Check.atLeastZero(ceil ? room + Dim(step - 1) : room, "a window (\(kernel)) is larger than the padded input (\(x))")
        guard ceil else { return room.floorDivided(by: Dim(step)) + 1 }
        let limit = reach - behind >= step ? room + Dim(step) : d + Dim(before)
        return limit.ceilDivided(by: Dim(step))
    }

    /// Positions on an axis of `size` that window `index` sees, and how many it has on the padded axis.
    func window(_ axis: Int, _ index: Int, of size: Int) -> (positions: [Int], padded: Int) {
        let start = index * stride[axis] - padding[axis]
        let all = (0..<kernel[axis]).map { start + $0 * dilation[axis] }
        let end = size + padding[axis + kernel.count]
        return (all.filter { $0 >= 0 && $0 < size }, all.count { $0 < end })
    }

    /// For each spatial position of the result: offsets in a plane of x that its window sees, and its count on the padded plane.
    func windows(of sizes: [Int], results: [Int]) -> [(offsets: [Int], padded: Int)] {
        let strides = rowMajorStrides(sizes)
        let tables = results.indices.map { axis in (0..<results[axis]).map { window(axis, $0, of: sizes[axis]) } }
        var windows: [(offsets: [Int], padded: Int)] = []
        forEachIndex(results) { index in
            var (offsets, padded) = ([0], 1)
            for (axis, place) in index.enumerated() {
                let (positions, count) = tables[axis][place]
                offsets = offsets.flatMap { offset in positions.map { offset + $0 * strides[axis] } }
                padded *= count
            }
            windows.append((offsets, padded))
        }
        return windows
    }

    func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, Array(outputs.prefix(1)), perElement: kernel.reduce(1, saturatingMultiply))
    }
}
