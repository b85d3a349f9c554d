import IR

/// Scores and labels, as the classifiers and regressors of ai.onnx.ml give them.
extension OperatorMapping {
    /// The names of classes; nil if the file gives none.
    static func classLabels(_ node: NodeImport, integers: String) throws -> Tensor? {
        if let words = try node.strings("classlabels_strings"), !words.isEmpty { return Tensor(strings: words, [words.count]) }
        guard let numbers = try node.ints(integers), !numbers.isEmpty else { return nil }
        return Tensor(integers: numbers, [numbers.count])
    }

    /// The class of each row by its number.
    static func label(_ node: inout NodeImport, _ number: ValueID, _ labels: Tensor?) throws -> ValueID {
        guard let labels else { return number }
        return try node.emit(Gather(axis: 0), try node.constant(labels), number)
    }

    /// The class of each row: that of the highest score.
    static func best(_ node: inout NodeImport, _ scores: ValueID, _ labels: Tensor?) throws -> ValueID {
        try label(&node, try node.emit(ArgReduce<ArgMax>(axis: 1, keepDims: false), scores), labels)
    }

    /// One of two classes for each row; where the file names one alone, the other is 0 or an empty text.
    static func oneOfTwo(_ node: inout NodeImport, _ isSecond: ValueID, _ labels: Tensor?) throws -> ValueID {
        let number = try node.cast(isSecond, to: .i64)
        guard let labels else { return number }
        if labels.count >= 2 { return try label(&node, number, labels) }
        let pair = labels.dtype == .string ? Tensor(strings: [""] + labels.strings, [2]) : Tensor(integers: [0] + labels.integers, [2])
        return try label(&node, number, pair)
    }

    /// `post_transform` by name or number.
    static func transformed(_ node: inout NodeImport, _ scores: ValueID, _ name: String) throws -> ValueID {
        switch name {
        case "NONE", "0": return scores
        case "SOFTMAX", "1": return try node.emit(Softmax(axis: 1), scores)
        case "LOGISTIC", "2": return try node.unary(Sigmoid.self, scores)
        case "SOFTMAX_ZERO", "3": return try softmaxZero(&node, scores)
        case "PROBIT", "4": return try probit(&node, scores)
        default: throw NodeProblem("the post_transform '\(name)' is not known")
        }
    }

    /// Softmax whose scores of nearly 0 count in proportion to themselves: `e = exp(x - max)`, or `x · exp(-max)`; `y = e / Σ e`, or ½.
    private static func softmaxZero(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let most = try node.reduce(ReduceMax.self, x, [1], keepDims: true)
        let negative = try node.binary(Sub.self, try node.scalar(0, node.dtype(x)), most)
        let isZero = try node.compare(LessEqual.self, try node.unary(Abs.self, x), 1e-7)
        let full = try node.unary(Exp.self, try node.binary(Add.self, x, negative))
        let small = try node.binary(Mul.self, x, try node.unary(Exp.self, negative))
        let parts = try node.choose(isZero, small, full)
        let sum = try node.reduce(ReduceSum.self, parts, [1], keepDims: true)
        return try node.choose(
            try node.compare(Equal.self, sum, 0), try node.scalar(0.5, node.dtype(x)), try node.binary(Div.self, parts, sum))
    }

    /// √2 · erf⁻¹(2x - 1), with Winitzki's approximation of erf⁻¹ (a = 0.147), as other runtimes have it.
    private static func probit(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let dtype = node.dtype(x)
        let u = try node.binary(Sub.self, try node.binary(Mul.self, x, 2), 1)
        let log = try node.unary(Log.self, try node.binary(Sub.self, try node.scalar(1, dtype), try node.binary(Mul.self, u, u)))
        let v = try node.binary(Add.self, try node.binary(Mul.self, log, 0.5), 2 / (Double.pi * 0.147))
        let root = try node.unary(
            Sqrt.self, try node.binary(Sub.self, try node.binary(Mul.self, v, v), try node.binary(Mul.self, log, 1 / 0.147)))
        let size = try node.unary(Sqrt.self, try node.binary(Sub.self, root, v))
        let sign = try node.choose(try node.compare(Less.self, u, 0), try node.scalar(-1, dtype), try node.scalar(1, dtype))
        return try node.binary(Mul.self, try node.binary(Mul.self, sign, size), 2.0.squareRoot())
    }

    // MARK: Linear models

    static let linearModels: [OperatorMapping] = [
        .one("LinearRegressor", domain: ml) { node in
            let targets = try node.int("targets", 1)
            let scores = try linearScores(&node, targets, try node.floats("intercepts"))
            return try transformed(&node, try node.cast(scores, to: .f32), try node.string("post_transform", "NONE"))
        },
        OperatorMapping("LinearClassifier", domain: ml) { node in
            let labels = try classLabels(node, integers: "classlabels_ints")
            let intercepts = try node.floats("intercepts")
            let classes = max(intercepts?.count ?? labels?.count ?? 1, 1)
            var scores = try node.cast(try linearScores(&node, classes, intercepts), to: .f32)
            let transform = try node.string("post_transform", "NONE")
            if classes == 1, labels?.count == 2 {
                scores = try node.concat([try node.binary(Sub.self, try node.scalar(0, .f32), scores), scores], axis: 1)
            }
            scores = try transformed(&node, scores, transform)
            if node.shape(scores)[1] == 1 {
                let limit = transform == "NONE" ? 0.0 : 0.5
                let isSecond = try node.compare(GreaterEqual.self, try node.squeeze(scores, 1), limit)
                return [try oneOfTwo(&node, isSecond, labels), scores]
            }
            return [try best(&node, scores, labels), scores]
        },
    ]

    /// A score for each row and class; double precision stays.
    private static func linearScores(_ node: inout NodeImport, _ classes: Int, _ intercepts: [Double]?) throws -> ValueID {
        guard let weights = try node.floats("coefficients"), classes > 0, !weights.isEmpty, weights.count % classes == 0 else {
            throw NodeProblem("its coefficients are not those of \(classes) classes")
        }
        let dtype: DType = node.dtype(try node.input(0)) == .f64 ? .f64 : .f32
        let x = try rows(&node, try node.input(0), as: dtype)
        let matrix = try node.constant(Tensor(weights, [classes, weights.count / classes], as: dtype))
        let bias = try intercepts.flatMap { $0.count == classes ? try row(&node, $0, dtype) : nil }
        return try node.emit(Linear(), x, matrix, bias)
    }
}
