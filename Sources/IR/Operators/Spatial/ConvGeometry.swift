/// How a convolution walks over its input of 1 to 3 spatial dimensions; shared by ``Conv``, ``FusedConv`` and ``QuantizedConv``.
package struct ConvGeometry: Sendable {
    /// Steps along each spatial dimension; none stands for 1 along all.
    package let stride: [Int]
    /// Zeros around the input: before each spatial dimension, then behind each (top, left, bottom, right). None stands for no padding.
    package let padding: [Int]
    /// Distance between taps along each spatial dimension; none stands for 1 along all.
    package let dilation: [Int]
    /// Channel groups that do not see each other.
    package let groups: Int

    package init(stride: [Int] = [], padding: [Int] = [], dilation: [Int] = [], groups: Int = 1) {
        (self.stride, self.padding, self.dilation, self.groups) = (stride, padding, dilation, groups)
    }

    init(reading attributes: inout AttributeReader) throws {
        self.init(
            stride: try attributes.ints("stride", default: []), padding: try attributes.ints("padding", default: []),
            dilation: try attributes.ints("dilation", default: []), groups: try attributes.int("groups", default: 1))
    }

    static let documentation = [
        "stride": "steps along each spatial dimension ([down, right]), default 1",
        "padding": "zeros before each spatial dimension, then behind each ([top, left, bottom, right]), default none",
        "dilation": "distance between taps along each spatial dimension, default 1", "groups": "channel groups, default 1",
    ]

    var attributes: Attributes {
        var fields: Attributes = [:]
        if stride.contains(where: { $0 != 1 }) { fields["stride"] = .ints(stride) }
        if padding.contains(where: { $0 != 0 }) { fields["padding"] = .ints(padding) }
        if dilation.contains(where: { $0 != 1 }) { fields["dilation"] = .ints(dilation) }
        if groups != 1 { fields["groups"] = .int(groups) }
        return fields
    }

    /// The same with a number for each of `rank` spatial dimensions.
    package func spelled(_ rank: Int) -> (stride: [Int], padding: [Int], dilation: [Int]) {
        let ones = [Int](repeating: 1, count: rank)
        return (
            stride.isEmpty ? ones : stride, padding.isEmpty ? [Int](repeating: 0, count: 2 * rank) : padding,
            dilation.isEmpty ? ones : dilation
        )
    }

    /// The same over pictures of one row, for an input of one spatial dimension.
    package var overPictures: ConvGeometry {
        let own = spelled(1)
        return ConvGeometry(
            stride: [1] + own.stride, padding: [0, own.padding[0], 0, own.padding[1]], dilation: [1] + own.dilation, groups: groups)
    }

    /// Checks x, weight and bias (operands 0 to 2) and gives the type of y.
    func resultType(_ inputs: [TensorType?]) throws -> TensorType {
        let x = try Check.operand(inputs, 0, "x")
        let weight = try Check.operand(inputs, 1, "weight")
        for (type, name) in [(x, "x"), (weight, "weight")] {
            try Check.float(type, name)
            try Check.rank(type, 3...5, name)
        }
        try Check.rank(weight, x.rank...x.rank, "weight")
        let rank = x.rank - 2
        let own = spelled(rank)
        guard own.stride.count == rank, own.dilation.count == rank, own.padding.count == 2 * rank, groups > 0,
            (own.stride + own.dilation).allSatisfy({ 1...Int(Int32.max) ~= $0 }), own.padding.allSatisfy({ 0...Int(Int32.max) ~= $0 })
        else {
            throw InferenceError(
                "stride and dilation must be \(rank) positive numbers, groups positive, padding \(2 * rank) of at least 0, all below 2^31")
        }
        guard x.shape[1] == weight.shape[1] * Dim(groups) else {
            throw InferenceError("x (\(x)) must have \(groups) × \(weight.shape[1]) channels, as weight (\(weight)) says")
        }
        guard weight.shape[0].remainder(by: Dim(groups)).value ?? 0 == 0 else {
            throw InferenceError("\(weight.shape[0]) output channels cannot be cut into \(groups) groups")
        }
        if let bias = Check.optional(inputs, 2) { try Check.shape(bias, [weight.shape[0]], "bias") }
        let spatial = try (0..<rank).map { axis -> Dim in
            let reach = Dim(own.dilation[axis]) * (weight.shape[axis + 2] - 1) + 1
            let room = x.shape[axis + 2] + Dim(own.padding[axis]) + Dim(own.padding[axis + rank]) - reach
            try Check.atLeastZero(room, "the kernel (\(weight)) is larger than the padded input (\(x))")
            return room.floorDivided(by: Dim(own.stride[axis])) + 1
        }
        return TensorType(x.dtype, [x.shape[0], weight.shape[0]] + spatial)
    }

    func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let taps = inputs.count > 1 ? inputs[1]?.shape.dropFirst().reduce(1, *) ?? 0 : 0
        return Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * taps * 2, bytes: Cost.traffic(inputs, outputs))
    }

    /// The convolution of operand 0 with operand 1, plus the bias, in double precision.
    func product(_ inputs: [Tensor?]) throws -> (values: [Double], shape: [Int]) {
        let (x, weight) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try resultType([x.type, weight.type]).sizes([:])
        let (own, rank) = (spelled(x.rank - 2), x.rank - 2)
        let (strides, taps) = (rowMajorStrides(x.shape), Array(weight.shape[2...]))
        let (depth, tapCount) = (weight.shape[1], taps.reduce(1, *))
        let (a, w) = (x.doubles, weight.doubles)
        let bias = inputs.count > 2 ? inputs[2]?.doubles : nil
        let outputsPerGroup = max(shape[1] / groups, 1)
        var values: [Double] = []
        forEachIndex(shape) { index in
            let firstChannel = index[1] / outputsPerGroup * depth
            var sum = bias?[index[1]] ?? 0
            var tap = 0
            forEachIndex(taps) { place in
                defer { tap += 1 }
                var pixel = index[0] * strides[0]
                for axis in 0..<rank {
                    let position = index[axis + 2] * own.stride[axis] - own.padding[axis] + place[axis] * own.dilation[axis]
                    guard position >= 0, position < x.shape[axis + 2] else { return }
                    pixel += position * strides[axis + 2]
                }
                for channel in 0..<depth {
                    sum += a[pixel + (firstChannel + channel) * strides[1]] * w[(index[1] * depth + channel) * tapCount + tap]
                }
            }
            values.append(sum)
        }
        return (values, shape)
    }
}

extension ConvGeometry: Hashable {
    /// Numbers that are spelled out are equal to none, which stand for the same.
    package static func == (a: ConvGeometry, b: ConvGeometry) -> Bool { a.attributes == b.attributes }

    package func hash(into hasher: inout Hasher) { hasher.combine(attributes) }
}
