/// Dense layers on levels of 8 bits, in exact integers.
package struct IntegerLinear: TensorOperator {
    package static let opName = "integer_linear"

    package static let documentation = OperatorDocumentation(
        "Products of levels with integer weights, summed in 32 bits, which they fill at most. With scales the sums become numbers, rounded "
            + "after each operation: an activation, a gate and a residual may follow.",
        formula: "y = (x - zero)·weightᵀ; with scales: y = activation((x - zero)·weightᵀ · (x_scale · scale) + bias) · gate + residual",
        operands: [
            "x: u8[…, k]", "weight: i8[n, k]", "zero?: u8[], default 0", "x_scale?: f32[]", "scale?: f32[n], if x_scale is given",
            "bias?: f32[n]", "gate?: f32[…, n]", "residual?: f32[…, n]",
        ],
        results: ["y: i32[…, n]; with scales f32[…, n]"],
        attributes: ["activation": Activation.documentation + "; wants scales"], onnx: "MatMulInteger with constant weights, Cast, Mul, Add"
    )

    package let activation: Activation

    package init(activation: Activation = .none) { self.activation = activation }

    package init(reading attributes: inout AttributeReader) throws {
        activation = try attributes.choice("activation", default: Activation.none)
    }

    package var attributes: Attributes { activation == .none ? [:] : ["activation": .string(activation.rawValue)] }

    package var packedOperands: [Int] { [1] }

    /// Position of the scale of x, from which on operands are of scaled sums.
    package static let xScale = 3

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...8)
        let (x, weight) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "weight"))
        try Check.dtype(x, .u8, "x")
        try Check.dtype(weight, .i8, "weight")
        try Check.rank(weight, 2...2, "weight")
        guard let depth = x.shape.last, depth == weight.shape[1] else {
            throw InferenceError("the last dimension of x (\(x)) must equal the last of weight (\(weight))")
        }
        if let zero = Check.optional(inputs, 2) {
            try Check.dtype(zero, .u8, "zero")
            try Check.shape(zero, [], "zero")
        }
        let shape: [Dim] = x.shape.dropLast() + [weight.shape[0]]
        guard Check.optional(inputs, IntegerLinear.xScale) != nil else {
            guard activation == .none, inputs.count <= IntegerLinear.xScale else {
                throw InferenceError("sums without a scale have no activation, bias, gate or residual")
            }
            return [TensorType(.i32, shape)]
        }
        let shapes: [(String, [Dim])] = [
            ("x_scale", []), ("scale", [weight.shape[0]]), ("bias", [weight.shape[0]]), ("gate", shape), ("residual", shape),
        ]
        _ = try Check.operand(inputs, IntegerLinear.xScale + 1, "scale")
        for (index, (name, shape)) in shapes.enumerated() {
            guard let operand = Check.optional(inputs, IntegerLinear.xScale + index) else { continue }
            try Check.dtype(operand, .f32, name)
            try Check.shape(operand, shape, name)
        }
        return [TensorType(.f32, shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        QuantizedProduct.cost(inputs, outputs, products: 1)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, weight) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        func optional(_ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }
        let zero = optional(2)?.integers.first ?? 0
        let (columns, depth, rows) = (weight.shape[0], weight.shape[1], x.shape.dropLast().reduce(1, *))
        let (levels, weights) = (x.integers.map { $0 - zero }, weight.integers)
        var sums: [Int] = []
        for row in 0..<rows {
            for column in 0..<columns {
                sums.append((0..<depth).reduce(0) { $0 + levels[row * depth + $1] * weights[column * depth + $1] })
            }
        }
        let shape: [Int] = x.shape.dropLast() + [columns]
        guard let xScale = optional(IntegerLinear.xScale)?.floats.first, let scales = optional(IntegerLinear.xScale + 1)?.floats else {
            return [Tensor(integers: sums, shape, as: .i32)]
        }
        let bias = optional(5)?.floats
        var values = sums.enumerated().map { index, sum -> Double in
            let scaled = Float(sum) * (xScale * scales[index % columns])
            return activation.apply(Double(bias.map { scaled + $0[index % columns] } ?? scaled))
        }
        if let gate = optional(6)?.doubles { for index in values.indices { values[index] *= gate[index] } }
        if let residual = optional(7)?.doubles { for index in values.indices { values[index] += residual[index] } }
        return [Tensor(values, shape, as: .f32)]
    }
}
