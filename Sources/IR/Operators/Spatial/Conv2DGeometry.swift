/// How a two-dimensional convolution walks over its input; shared by ``Conv2D``, ``FusedConv2D`` and ``QuantizedConv2D``.
package struct Conv2DGeometry: Hashable, Sendable {
    /// Steps down and right.
    package let stride: [Int]
    /// Zeros around the input: top, left, bottom, right.
    package let padding: [Int]
    /// Distance between taps, down and right.
    package let dilation: [Int]
    /// Channel groups that do not see each other.
    package let groups: Int

    package init(stride: [Int] = [1, 1], padding: [Int] = [0, 0, 0, 0], dilation: [Int] = [1, 1], groups: Int = 1) {
        self.stride = stride
        self.padding = padding
        self.dilation = dilation
        self.groups = groups
    }

    init(reading attributes: inout AttributeReader) throws {
        stride = try attributes.ints("stride", default: [1, 1])
        padding = try attributes.ints("padding", default: [0, 0, 0, 0])
        dilation = try attributes.ints("dilation", default: [1, 1])
        groups = try attributes.int("groups", default: 1)
    }

    static let documentation = [
        "stride": "steps [down, right], default [1, 1]", "padding": "zeros at [top, left, bottom, right], default none",
        "dilation": "distance between taps [down, right], default [1, 1]", "groups": "channel groups, default 1",
    ]

    var attributes: Attributes {
        var fields: Attributes = [:]
        if stride != [1, 1] { fields["stride"] = .ints(stride) }
        if padding != [0, 0, 0, 0] { fields["padding"] = .ints(padding) }
        if dilation != [1, 1] { fields["dilation"] = .ints(dilation) }
        if groups != 1 { fields["groups"] = .int(groups) }
        return fields
    }

    /// Checks x, weight and bias (operands 0 to 2) and gives the type of y.
    func resultType(_ inputs: [TensorType?]) throws -> TensorType {
        guard stride.count == 2, dilation.count == 2, padding.count == 4, groups > 0,
            (stride + dilation).allSatisfy({ $0 > 0 }), padding.allSatisfy({ $0 >= 0 })
        else { throw InferenceError("stride, dilation and groups must be positive, padding four sizes of at least 0") }
        let x = try Check.operand(inputs, 0, "x")
        let weight = try Check.operand(inputs, 1, "weight")
        for (type, name) in [(x, "x"), (weight, "weight")] {
            try Check.float(type, name)
            try Check.rank(type, 4...4, name)
        }
        guard x.shape[1] == weight.shape[1] * Dim(groups) else {
            throw InferenceError("x (\(x)) must have \(groups) × \(weight.shape[1]) channels, as weight (\(weight)) says")
        }
        guard weight.shape[0].remainder(by: Dim(groups)).value ?? 0 == 0 else {
            throw InferenceError("\(weight.shape[0]) output channels cannot be cut into \(groups) groups")
        }
        if let bias = Check.optional(inputs, 2) { try Check.shape(bias, [weight.shape[0]], "bias") }
        let spatial = try (0..<2).map { axis -> Dim in
            let reach = Dim(dilation[axis]) * (weight.shape[axis + 2] - 1) + 1
            let room = x.shape[axis + 2] + Dim(padding[axis]) + Dim(padding[axis + 2]) - reach
            try Check.atLeastZero(room, "the kernel (\(weight)) is larger than the padded input (\(x))")
            return room.floorDivided(by: Dim(stride[axis])) + 1
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
        let type = try resultType([x.type, weight.type])
        let shape = try type.sizes([:])
        let (kernelHeight, kernelWidth, depth) = (weight.shape[2], weight.shape[3], weight.shape[1])
        let (height, width) = (x.shape[2], x.shape[3])
        let (a, w) = (x.doubles, weight.doubles)
        let bias = inputs.count > 2 ? inputs[2]?.doubles : nil
        let outputsPerGroup = max(shape[1] / groups, 1)
        var values: [Double] = []
        forEachIndex(shape) { index in
            let firstChannel = index[1] / outputsPerGroup * depth
            var sum = bias?[index[1]] ?? 0
            for channel in 0..<depth {
                let plane = (index[0] * x.shape[1] + firstChannel + channel) * height
                let taps = (index[1] * depth + channel) * kernelHeight
                for i in 0..<kernelHeight {
                    let row = index[2] * stride[0] - padding[0] + i * dilation[0]
                    guard row >= 0, row < height else { continue }
                    for j in 0..<kernelWidth {
                        let column = index[3] * stride[1] - padding[1] + j * dilation[1]
                        guard column >= 0, column < width else { continue }
                        sum += a[(plane + row) * width + column] * w[(taps + i) * kernelWidth + j]
                    }
                }
            }
            values.append(sum)
        }
        return (values, shape)
    }
}
