/// Convolutions on levels of 8 bits, in exact integers.
package struct IntegerConv: TensorOperator {
    package static let opName = "integer_conv"

    package static let documentation = OperatorDocumentation(
        "Convolution of levels with integer weights, summed in 32 bits, which they fill at most. Padding is the level that stands for 0. With "
            + "scales the sums become numbers, rounded after each operation: an activation and a residual may follow.",
        formula: "y = conv(x - zero, weight) + offset; with scales: y = activation(… · (x_scale · scale) + bias) + residual",
        operands: [
            "x: u8[n, c, h, w]", "weight: i8[o, taps·c], the taps row by row, the channels of each neighbours", "zero?: u8[], default 0",
            "offset?: i32[o]", "x_scale?: f32[]", "scale?: f32[o], if x_scale is given", "bias?: f32[o]", "residual?: f32, shape of y",
        ],
        results: ["y: i32[n, o, …] as conv gives; with scales f32"],
        attributes: ConvGeometry.documentation.merging(
            ["kernel": "rows and columns of taps", "activation": Activation.documentation + "; wants scales"]
        ) { first, _ in first }, onnx: "ConvInteger with constant weights, Cast, Mul, Add")

    package let kernel: [Int]
    package let geometry: ConvGeometry
    package let activation: Activation

    /// - Parameter geometry: with one group.
    package init(kernel: [Int], _ geometry: ConvGeometry, activation: Activation = .none) {
        (self.kernel, self.geometry, self.activation) = (kernel, geometry, activation)
    }

    package init(reading attributes: inout AttributeReader) throws {
        self.init(
            kernel: try attributes.ints("kernel"), try ConvGeometry(reading: &attributes),
            activation: try attributes.choice("activation", default: Activation.none))
    }

    package var attributes: Attributes {
        var fields = geometry.attributes
        fields["kernel"] = .ints(kernel)
        if activation != .none { fields["activation"] = .string(activation.rawValue) }
        return fields
    }

    package var packedOperands: [Int] { [1] }

    /// Positions of the offset, of the scale of x, from which on operands are of scaled sums, and of the residual.
    package static let offset = 3, xScale = 4, residual = 7

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...8)
        let (x, weight) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "weight"))
        try Check.dtype(x, .u8, "x")
        try Check.rank(x, 4...4, "x")
        try Check.dtype(weight, .i8, "weight")
        try Check.rank(weight, 2...2, "weight")
        guard kernel.count == 2, kernel.allSatisfy({ 1...Int(Int32.max) ~= $0 }), geometry.groups == 1,
            weight.shape[1] == x.shape[1] * Dim(kernel[0]) * Dim(kernel[1])
        else { throw InferenceError("weight (\(weight)) must have \(kernel) taps for each channel of x (\(x)), in one group") }
        let outputs = weight.shape[0]
        let filter = TensorType(.f32, [outputs, x.shape[1]] + kernel.map { Dim($0) })
        let shape = try geometry.resultType([x.with(dtype: .f32), filter]).shape
        if let zero = Check.optional(inputs, 2) {
            try Check.dtype(zero, .u8, "zero")
            try Check.shape(zero, [], "zero")
        }
        if let offset = Check.optional(inputs, IntegerConv.offset) {
            try Check.dtype(offset, .i32, "offset")
            try Check.shape(offset, [outputs], "offset")
        }
        guard Check.optional(inputs, IntegerConv.xScale) != nil else {
            guard activation == .none, inputs.count <= IntegerConv.xScale else {
                throw InferenceError("sums without a scale have no activation, bias or residual")
            }
            return [TensorType(.i32, shape)]
        }
        _ = try Check.operand(inputs, IntegerConv.xScale + 1, "scale")
        let shapes: [(String, [Dim])] = [("x_scale", []), ("scale", [outputs]), ("bias", [outputs]), ("residual", shape)]
        for (index, (name, shape)) in shapes.enumerated() {
            guard let operand = Check.optional(inputs, IntegerConv.xScale + index) else { continue }
            try Check.dtype(operand, .f32, name)
            try Check.shape(operand, shape, name)
        }
        return [TensorType(.f32, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let depth = inputs.count > 1 ? inputs[1]?.shape.last ?? 0 : 0
        return Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * depth * 2, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, weight) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        func optional(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
        let zero = optional(2)?.doubles.first ?? 0
        let (outputs, channels, taps) = (weight.shape[0], x.shape[1], kernel[0] * kernel[1])
        let w = weight.doubles
        let filter = (0..<outputs * channels * taps).map { index -> Double in
            let (o, c, tap) = (index / (channels * taps), index / taps % channels, index % taps)
            return w[(o * taps + tap) * channels + c]
        }
        let product = try geometry.product([
            Tensor(x.doubles.map { $0 - zero }, x.shape, as: .f64), Tensor(filter, [outputs, channels] + kernel, as: .f64),
        ])
        let plane = max(product.shape[2] * product.shape[3], 1)
        func output(_ index: Int) -> Int { index / plane % max(outputs, 1) }
        let offset = optional(IntegerConv.offset)?.integers
        let sums = product.values.enumerated().map { Int($1) + (offset?[output($0)] ?? 0) }
        guard let xScale = optional(IntegerConv.xScale)?.floats.first, let scales = optional(IntegerConv.xScale + 1)?.floats else {
            return [Tensor(integers: sums, product.shape, as: .i32)]
        }
        let bias = optional(6)?.floats
        var values = sums.enumerated().map { index, sum -> Double in
            let scaled = Float(Int32(truncatingIfNeeded: sum)) * (xScale * scales[output(index)])
            return activation.apply(Double(bias.map { scaled + $0[output(index)] } ?? scaled))
        }
        if let residual = optional(IntegerConv.residual)?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, product.shape, as: .f32)]
    }
}
