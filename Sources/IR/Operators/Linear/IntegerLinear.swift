/// Dense layers on levels of 8 bits, in exact integers.
package struct IntegerLinear: TensorOperator {
    package static let opName = "integer_linear"

    package static let documentation = OperatorDocumentation(
        "Products of levels with integer weights, summed in 32 bits, which they fill at most.",
        formula: "y = (x - zero)·weightᵀ", operands: ["x: u8[…, k]", "weight: i8[n, k]", "zero?: u8[], default 0"],
        results: ["y: i32[…, n]"], onnx: "MatMulInteger with constant weights")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package var packedOperands: [Int] { [1] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...3)
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
        return [TensorType(.i32, x.shape.dropLast() + [weight.shape[0]])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        QuantizedProduct.cost(inputs, outputs, products: 1)
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, weight) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let zero = inputs.count > 2 ? inputs[2]?.integers.first ?? 0 : 0
        let (columns, depth, rows) = (weight.shape[0], weight.shape[1], x.shape.dropLast().reduce(1, *))
        let (levels, weights) = (x.integers.map { $0 - zero }, weight.integers)
        var sums: [Int] = []
        for row in 0..<rows {
            for column in 0..<columns {
                sums.append((0..<depth).reduce(0) { $0 + levels[row * depth + $1] * weights[column * depth + $1] })
            }
        }
        return [Tensor(integers: sums, x.shape.dropLast() + [columns], as: .i32)]
    }
}
