/// Batched matrix product.
package struct MatMul: TensorOperator {
    package static let opName = "matmul"

    package static let documentation = OperatorDocumentation(
        "Product of the matrices in the last two dimensions; the dimensions before them broadcast. Integers wrap.",
        formula: "y[…, i, j] = Σ_k a[…, i, k] · b[…, k, j]", operands: ["a: float or integer[…, m, k]", "b: as a[…, k, n]"],
        results: ["y: as a[…, m, n]"],
        attributes: [
            "transpose_a": "a is stored […, k, m]", "transpose_b": "b is stored […, n, k]",
            RoundedOperands.attribute: "round a and b to bf16 as they come; sums are f32. Default false",
        ], onnx: "MatMul")

    package static let facts: OperatorFacts = .differentiable

    package let transposeA: Bool
    package let transposeB: Bool
    /// Whether both operands are rounded; see ``RoundedOperands``.
    package let bf16: Bool

    package init(transposeA: Bool = false, transposeB: Bool = false, bf16: Bool = false) {
        self.transposeA = transposeA
        self.transposeB = transposeB
        self.bf16 = bf16
    }

    package init(reading attributes: inout AttributeReader) throws {
        transposeA = try attributes.bool("transpose_a")
        transposeB = try attributes.bool("transpose_b")
        bf16 = try attributes.bool(RoundedOperands.attribute)
    }

    package var attributes: Attributes {
        var fields = RoundedOperands.attributes(bf16)
        if transposeA { fields["transpose_a"] = .bool(true) }
        if transposeB { fields["transpose_b"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        if bf16 { try RoundedOperands.check(inputs) }
        let (a, b) = (try Check.operand(inputs, 0, "a"), try Check.operand(inputs, 1, "b"))
        guard a.dtype.isNumber else { throw InferenceError("a must be a float or integer tensor, not \(a)") }
        guard a.dtype == b.dtype else { throw InferenceError("a and b must have one dtype, not \(a) and \(b)") }
        try Check.rank(a, 2...16, "a")
        try Check.rank(b, 2...16, "b")
        let (m, k) = MatMul.matrix(a.shape, transposeA)
        let (k2, n) = MatMul.matrix(b.shape, transposeB)
        guard k == k2 else { throw InferenceError("the inner dimensions \(k) and \(k2) differ") }
        return [TensorType(a.dtype, try Broadcast.shape(a.shape.dropLast(2), b.shape.dropLast(2)) + [m, n])]
    }

    private static func matrix<T>(_ shape: [T], _ transposed: Bool) -> (T, T) {
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        return transposed ? (columns, rows) : (rows, columns)
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let depth = inputs.first.flatMap { $0 }.map { MatMul.matrix($0.shape, transposeA).1 } ?? 0
        return Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * depth * 2, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let inputs = RoundedOperands.values(inputs, bf16)
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let (m, k) = MatMul.matrix(a.shape, transposeA)
        let n = MatMul.matrix(b.shape, transposeB).1
        let batch = try Broadcast.sizes(Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2)))
        let stridesA = Broadcast.strides(Array(a.shape.dropLast(2)), to: batch)
        let stridesB = Broadcast.strides(Array(b.shape.dropLast(2)), to: batch)
        var starts: [(Int, Int)] = []
        forEachIndex(batch) { starts.append((offset($0, stridesA) * m * k, offset($0, stridesB) * k * n)) }
        let (rowA, stepA) = transposeA ? (1, m) : (k, 1)
        let (stepB, columnB) = transposeB ? (1, k) : (n, 1)
        /// Sums of products, in the order of k.
        func product<Number>(_ x: [Number], _ y: [Number], _ zero: Number, _ add: (Number, Number, Number) -> Number) -> [Number] {
            var result: [Number] = []
            result.reserveCapacity(starts.count * m * n)
            for (startA, startB) in starts {
                for i in 0..<m {
                    for j in 0..<n {
                        var sum = zero
                        for t in 0..<k { sum = add(sum, x[startA + i * rowA + t * stepA], y[startB + t * stepB + j * columnB]) }
                        result.append(sum)
                    }
                }
            }
            return result
        }
        let shape = batch + [m, n]
        if a.dtype.isFloat { return [Tensor(product(a.doubles, b.doubles, 0) { $0 + $1 * $2 }, shape, as: a.dtype)] }
        // Wrapped to 64 bits, then to the width of the type.
        return [Tensor(integers: product(a.integers, b.integers, 0) { $0 &+ $1 &* $2 }, shape, as: a.dtype)]
    }
}
