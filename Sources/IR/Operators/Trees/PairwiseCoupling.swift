/// Probabilities of classes from those of pairs.
package struct PairwiseCoupling: Operator {
    package static let opName = "pairwise_coupling"

    package static let documentation = OperatorDocumentation(
        "Probabilities of classes from how probable each is against each other one (Wu, Lin, Weng 2004, second method), to within 0.005 / classes.",
        formula: "y = argmin Σ (r[j, i]·y[i] - r[i, j]·y[j])², Σ y = 1; r[i, j] = x[pair i < j], r[j, i] = 1 - r[i, j]",
        operands: ["x: float[rows, classes·(classes - 1) / 2], pairs (0, 1), (0, 2), …"], results: ["y: as x[rows, classes]"],
        attributes: ["classes": "how many"], onnx: "SVMClassifier with prob_a and prob_b")

    package let classes: Int

    package init(classes: Int) { self.classes = classes }

    package init(reading attributes: inout AttributeReader) throws { classes = try attributes.int("classes") }

    package var attributes: Attributes { ["classes": .int(classes)] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.tensor(operands, 0, "x")
        try Check.float(x, "x")
        guard classes > 0, classes < 1 << 16, x.rank == 2, x.shape[1] == Dim(classes * (classes - 1) / 2) else {
            throw InferenceError("x (\(x)) has not the pairs of \(classes) classes")
        }
        return [.tensor(x.with(shape: [x.shape[0], Dim(classes)]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let x = try Check.tensor(operands, 0)
        let (values, pairs) = (x.doubles, classes * (classes - 1) / 2)
        let rows = x.shape[0]
        let result = (0..<rows).flatMap { coupled(Array(values[($0 * pairs)..<(($0 + 1) * pairs)])) }
        return [.tensor(Tensor(result, [rows, classes], as: x.dtype))]
    }

    private func coupled(_ pairs: [Double]) -> [Double] {
        let k = classes
        var r = [[Double]](repeating: [Double](repeating: 0, count: k), count: k)
        var next = 0
        for i in 0..<k {
            for j in (i + 1)..<max(k, i + 1) {
                (r[i][j], r[j][i]) = (pairs[next], 1 - pairs[next])
                next += 1
            }
        }
        var q = r
        for t in 0..<k {
            for j in 0..<k { q[t][j] = t == j ? (0..<k).reduce(0) { $1 == t ? $0 : $0 + r[$1][t] * r[$1][t] } : -r[j][t] * r[t][j] }
        }
        return solve(q)
    }

    /// Gauss-Seidel steps that keep the sum at 1, until all residuals are equal enough.
    private func solve(_ q: [[Double]]) -> [Double] {
        let k = classes
        var p = [Double](repeating: 1 / Double(k), count: k)
        for _ in 0..<max(100, k) {
            var products = q.map { row in zip(row, p).reduce(0) { $0 + $1.0 * $1.1 } }
            var mean = zip(p, products).reduce(0) { $0 + $1.0 * $1.1 }
            if products.allSatisfy({ abs($0 - mean) < 0.005 / Double(k) }) { break }
            for t in 0..<k where q[t][t] != 0 {
                let step = (mean - products[t]) / q[t][t]
                p[t] += step
                mean = (mean + step * (step * q[t][t] + 2 * products[t])) / ((1 + step) * (1 + step))
                for j in 0..<k { (products[j], p[j]) = ((products[j] + step * q[t][j]) / (1 + step), p[j] / (1 + step)) }
            }
        }
        return p
    }
}
