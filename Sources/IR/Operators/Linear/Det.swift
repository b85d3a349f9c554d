/// Determinants.
package struct Det: TensorOperator {
    package static let opName = "det"

    package static let documentation = OperatorDocumentation(
        "Determinant of each square matrix in the last two dimensions; 1 for matrices without elements.",
        formula: "y[…] = det x[…, :, :], by elimination with row pivots", operands: ["x: float[…, n, n]"], results: ["y: float[…]"],
        onnx: "Det")

    package static let facts: OperatorFacts = .differentiable

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        guard x.rank >= 2 else { throw InferenceError("x must be of matrices, not \(x)") }
        try Check.mayEqual(x.shape[x.rank - 2], x.shape[x.rank - 1], "the matrices of x (\(x)) must be square")
        return [TensorType(x.dtype, Array(x.shape.dropLast(2)))]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let x = inputs.first.flatMap { $0 }
        return Cost(flops: (x?.elementCount ?? 0) * (x?.shape.last ?? 0), bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        guard let n = x.shape.last, x.rank >= 2, x.shape[x.rank - 2] == n else { throw EvaluationError("\(x.type) has no square matrices") }
        let shape = Array(x.shape.dropLast(2))
        let values = x.doubles
        let results = (0..<(Tensor.elementCount(shape) ?? 0)).map { index in
            Det.determinant(Array(values[(index * n * n)..<((index + 1) * n * n)]), n)
        }
        return [Tensor(results, shape, as: x.dtype)]
    }

    private static func determinant(_ matrix: [Double], _ n: Int) -> Double {
        var (rows, result) = (matrix, 1.0)
        for column in 0..<n {
            var pivot = column
            for row in column..<n where abs(rows[row * n + column]) > abs(rows[pivot * n + column]) { pivot = row }
            if pivot != column {
                for k in 0..<n { rows.swapAt(pivot * n + k, column * n + k) }
                result = -result
            }
            let head = rows[column * n + column]
            result *= head
            if head == 0 { return result }
            for row in (column + 1)..<max(n, column + 1) {
                let factor = rows[row * n + column] / head
                if factor == 0 { continue }
                for k in column..<n { rows[row * n + k] -= factor * rows[column * n + k] }
            }
        }
        return result
    }
}
