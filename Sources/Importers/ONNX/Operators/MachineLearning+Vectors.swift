import IR

/// Support vector machines. All in double precision: distances of near vectors are differences of large products.
extension OperatorMapping {
    static let vectorMachines: [OperatorMapping] = [
        .one("SVMRegressor", domain: ml) { node in
            let rho = try node.floats("rho") ?? [0]
            let weights = try node.floats("coefficients") ?? []
            let x = try rows(&node, try node.input(0), as: .f64)
            let vectors = try node.int("n_supports", 0)
            let features = vectors > 0 ? try kernel(&node, x, vectors) : x
            let matrix = try node.constant(Tensor(weights, [1, weights.count], as: .f64))
            var scores = try node.emit(Linear(), features, matrix, try row(&node, Array(rho.prefix(1)), .f64))
            if try node.flag("one_class", false) {
                scores = try node.choose(try node.compare(Greater.self, scores, 0), try node.scalar(1, .f64), try node.scalar(-1, .f64))
            }
            return try node.cast(try transformed(&node, scores, try node.string("post_transform", "NONE")), to: .f32)
        },
        OperatorMapping("SVMClassifier", domain: ml) { node in
            let counts = try node.ints("vectors_per_class") ?? []
            return try counts.reduce(0, +) > 0 ? vectorClasses(&node, counts) : linearClasses(&node)
        },
    ]

    /// How alike each row and each support vector are: K[n, vectors].
    private static func kernel(_ node: inout NodeImport, _ x: ValueID, _ count: Int) throws -> ValueID {
        let vectors = try node.floats("support_vectors") ?? []
        guard count > 0, vectors.count % count == 0, !vectors.isEmpty else { throw NodeProblem("it has not \(count) support vectors") }
        let width = vectors.count / count
        let parameters = try node.floats("kernel_params") ?? []
        let (gamma, shift, degree) = parameters.count >= 3 ? (parameters[0], parameters[1], parameters[2]) : (0, 0, 0)
        let products = try node.emit(Linear(), x, try node.constant(Tensor(vectors, [count, width], as: .f64)))
        switch try node.string("kernel_type", "LINEAR") {
        case "LINEAR": return products
        case "POLY": return try node.binary(Pow.self, try scaled(&node, products, gamma, shift), degree)
        case "SIGMOID": return try node.unary(Tanh.self, try scaled(&node, products, gamma, shift))
        case "RBF":
            // |x - v|² = |x|² + |v|² - 2 x·v
            let own = try node.reduce(ReduceSum.self, try node.binary(Mul.self, x, x), [1], keepDims: true)
            let others = (0..<count).map { vectors[($0 * width)..<(($0 + 1) * width)].reduce(0) { $0 + $1 * $1 } }
            let sums = try node.binary(Add.self, own, try row(&node, others, .f64))
            let distances = try node.binary(Maximum.self, try node.binary(Sub.self, sums, try node.binary(Mul.self, products, 2)), 0)
            return try node.unary(Exp.self, try node.binary(Mul.self, distances, -gamma))
        case let other: throw NodeProblem("the kernel '\(other)' is not known")
        }
    }

    private static func scaled(_ node: inout NodeImport, _ x: ValueID, _ factor: Double, _ shift: Double) throws -> ValueID {
        try node.binary(Add.self, try node.binary(Mul.self, x, factor), shift)
    }

    /// One weight for each class and feature.
    private static func linearClasses(_ node: inout NodeImport) throws -> [ValueID?] {
        let labels = try classLabels(node, integers: "classlabels_ints")
        let weights = try node.floats("coefficients") ?? []
        let classes = max(labels?.count ?? 1, 1)
        guard !weights.isEmpty, weights.count % classes == 0 else {
            throw NodeProblem("its coefficients are not those of \(classes) classes")
        }
        let x = try rows(&node, try node.input(0), as: .f64)
        let matrix = try node.constant(Tensor(weights, [classes, weights.count / classes], as: .f64))
        let shift = (try node.floats("rho") ?? []).first ?? 0
        let scores = try node.emit(Linear(), x, matrix, try row(&node, [Double](repeating: shift, count: classes), .f64))
        let final = try node.cast(try transformed(&node, scores, try node.string("post_transform", "NONE")), to: .f32)
        return [try best(&node, scores, labels), final]
    }

    /// Each pair of classes votes for one of them; `coefficients` holds for each vector its weights against the other classes.
    private static func vectorClasses(_ node: inout NodeImport, _ counts: [Int]) throws -> [ValueID?] {
        let labels = try classLabels(node, integers: "classlabels_ints")
        let (classes, total) = (counts.count, counts.reduce(0, +))
        let weights = try node.floats("coefficients") ?? []
        let rho = try node.floats("rho") ?? []
        let pairs = (0..<classes).flatMap { i in ((i + 1)..<max(classes, i + 1)).map { (i, $0) } }
        guard counts.allSatisfy({ $0 >= 0 }), classes > 1, weights.count >= (classes - 1) * total, rho.count >= pairs.count else {
            throw NodeProblem("its coefficients or rho are not those of \(classes) classes")
        }
        let starts = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
        var matrix = [Double](repeating: 0, count: pairs.count * total)
        for (number, (i, j)) in pairs.enumerated() {
            for vector in starts[i]..<starts[i + 1] { matrix[number * total + vector] = weights[(j - 1) * total + vector] }
            for vector in starts[j]..<starts[j + 1] { matrix[number * total + vector] = weights[i * total + vector] }
        }
        let alike = try kernel(&node, try rows(&node, try node.input(0), as: .f64), total)
        let scores = try node.emit(
            Linear(), alike, try node.constant(Tensor(matrix, [pairs.count, total], as: .f64)),
            try row(&node, Array(rho.prefix(pairs.count)), .f64))
        let votes = try votes(&node, scores, pairs, classes)
        let (a, b) = (try node.floats("prob_a") ?? [], try node.floats("prob_b") ?? [])
        let transform = try node.string("post_transform", "NONE")
        if a.count >= pairs.count, b.count >= pairs.count {
            let line = try node.binary(
                Add.self, try node.binary(Mul.self, scores, try row(&node, Array(a.prefix(pairs.count)), .f64)),
                try row(&node, Array(b.prefix(pairs.count)), .f64))
            let chance = try node.binary(Sub.self, try node.scalar(1, .f64), try node.unary(Sigmoid.self, line))
            let bounded = try node.binary(Minimum.self, try node.binary(Maximum.self, chance, 1e-7), 1 - 1e-7)
            let all = try node.emit(PairwiseCoupling(classes: classes), bounded)
            return [try best(&node, votes, labels), try node.cast(try transformed(&node, all, transform), to: .f32)]
        }
        guard pairs.count == 1 else {
            return [try best(&node, votes, labels), try node.cast(try transformed(&node, scores, transform), to: .f32)]
        }
        let both = try node.concat([try node.binary(Sub.self, try node.scalar(0, .f64), scores), scores], axis: 1)
        let isPositive = weights.allSatisfy { $0 >= 0 }
        let second =
            isPositive
            ? try node.constant(
                labels.map {
                    $0.dtype == .string
                        ? Tensor(strings: [$0.strings.last ?? ""], [1])
                        : Tensor(integers: [$0.integers.last ?? 1], [1])
                } ?? Tensor(integers: [1], [1])) : nil
        let label = try second.map { try node.expand($0, [node.shape(scores)[0]]) } ?? best(&node, votes, labels)
        return [label, try node.cast(try transformed(&node, both, transform), to: .f32)]
    }

    /// How many pairs are for each class.
    private static func votes(_ node: inout NodeImport, _ scores: ValueID, _ pairs: [(Int, Int)], _ classes: Int) throws -> ValueID {
        var (first, second) = ([Double](repeating: 0, count: classes * pairs.count), [Double](repeating: 0, count: classes * pairs.count))
        for (number, (i, j)) in pairs.enumerated() {
            first[i * pairs.count + number] = 1
            second[j * pairs.count + number] = 1
        }
        let isFirst = try node.cast(try node.compare(Greater.self, scores, 0), to: .f64)
        let isSecond = try node.binary(Sub.self, try node.scalar(1, .f64), isFirst)
        let a = try node.emit(Linear(), isFirst, try node.constant(Tensor(first, [classes, pairs.count], as: .f64)))
        return try node.binary(
            Add.self, a, try node.emit(Linear(), isSecond, try node.constant(Tensor(second, [classes, pairs.count], as: .f64))))
    }
}
