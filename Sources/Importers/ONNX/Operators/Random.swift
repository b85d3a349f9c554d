import IR

/// Random numbers, from the streams that the IR's `random` draws from, and other tensors made like one that is given.
extension OperatorMapping {
    static let random: [OperatorMapping] = [
        source("RandomUniform", .uniform, isLike: false), source("RandomUniformLike", .uniform, isLike: true),
        source("RandomNormal", .normal, isLike: false), source("RandomNormalLike", .normal, isLike: true),
        .one("Bernoulli") { node in
            let p = try node.input(0)
            // Drawn with as many bits as p has, but not fewer than 24.
            let draws: DType = node.dtype(p) == .f64 ? .f64 : .f32
            let u = try node.emit(Random(TensorType(draws, node.shape(p)), .uniform, seed: try seed(&node)))
            let isDrawn = try node.compare(Less.self, u, try node.cast(p, to: draws))
            return try node.cast(isDrawn, to: try node.dtypeAttribute("dtype") ?? node.dtype(p))
        },
        .one("Multinomial") { node in try multinomial(&node) },
        .one("EyeLike") { node in
            let x = try node.input(0)
            guard node.rank(x) == 2 else { throw NodeProblem("it needs a matrix, not \(node.type(x))") }
            let (rows, columns) = (node.shape(x)[0], node.shape(x)[1])
            let diagonal = try node.emit(Iota(size: rows, start: try node.int("k", 0)))
            let isOne = try node.compare(Equal.self, try node.reshape(diagonal, [rows, 1]), try node.emit(Iota(size: columns)))
            return try node.cast(isOne, to: try node.dtypeAttribute("dtype") ?? node.dtype(x))
        },
        OperatorMapping("Dropout") { node in try dropout(&node) },
    ]

    /// The node's own seed, a float; nil if the run's decides.
    private static func seed(_ node: inout NodeImport) throws -> Int? {
        try node.float("seed").map { Int(truncatingIfNeeded: Int64(bitPattern: $0.bitPattern)) }
    }

    private static func source(_ name: String, _ distribution: Distribution, isLike: Bool) -> OperatorMapping {
        .one(name) { node in
            var (shape, like): ([Dim], DType?) = ([], nil)
            if isLike {
                let x = try node.input(0)
                (shape, like) = (node.shape(x), node.dtype(x))
            } else {
                shape = (try node.ints("shape") ?? []).map { Dim($0) }
            }
            let isUniform = distribution == .uniform
            let (a, b) = (try node.float(isUniform ? "low" : "mean", 0), try node.float(isUniform ? "high" : "scale", 1))
            let dtype = try node.dtypeAttribute("dtype") ?? like.flatMap { $0.isFloat ? $0 : nil } ?? .f32
            return try node.emit(Random(TensorType(dtype, shape), distribution, a: a, b: b, seed: try seed(&node)))
        }
    }

    /// Inverse of the distribution function: how many of its steps lie at or below a uniform number.
    private static func multinomial(_ node: inout NodeImport) throws -> ValueID {
        let logits = try node.cast(try node.input(0), to: .f32)
        guard node.rank(logits) == 2 else { throw NodeProblem("it needs [batch, classes], not \(node.type(logits))") }
        let (batch, classes) = (node.shape(logits)[0], node.shape(logits)[1])
        let samples = Dim(try node.int("sample_size", 1))
        let steps = try node.emit(CumSum(axis: 1), try node.emit(Softmax(axis: 1), logits))
        let u = try node.emit(Random(TensorType(.f32, [batch, samples]), .uniform, seed: try seed(&node)))
        let isBelow = try node.emit(
            Comparison<LessEqual>(), try node.reshape(steps, [batch, 1, classes]), try node.reshape(u, [batch, samples, 1]))
        let found = try node.reduce(ReduceSum.self, try node.cast(isBelow, to: .i64), [2])
        // The last step may be rounded below 1.
        let last = try node.reshape(try node.vector([classes - 1]), [])
        return try node.cast(try node.binary(Minimum.self, found, last), to: try node.dtypeAttribute("dtype") ?? .i32)
    }

    /// Only from version 12 on can it be asked to train; before, `is_test` (below version 7) says that it does not.
    private static func dropout(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        let maskType: DType = node.version < 10 ? node.dtype(x) : .bool
        let training = node.version >= 12 ? node.optional(2) : nil
        let known = try training.map { node.scope.constantTensor($0)?.bools.first } ?? false
        if node.version < 7, try !node.flag("is_test", false) { return try trained(&node, x, nil, maskType) }
        if known == false {
            return [x, node.wants(1) ? try node.emit(Fill(shape: node.shape(x), value: 1, dtype: maskType)) : nil]
        }
        return try trained(&node, x, known == true ? nil : training, maskType)
    }

    /// x · mask / (1 - ratio), the mask being 0 with that probability; all of it 1 unless `isTraining`, where that is given.
    private static func trained(
        _ node: inout NodeImport, _ x: ValueID, _ isTraining: ValueID?, _ maskType: DType
    ) throws -> [ValueID?] {
        let dtype: DType = node.dtype(x) == .f64 ? .f64 : .f32
        var ratio = try node.scalar(try node.float("ratio", 0.5), dtype)
        if node.version >= 12, let given = node.optional(1) { ratio = try node.reshape(try node.cast(given, to: dtype), []) }
        if let isTraining {
            ratio = try node.choose(try node.reshape(isTraining, []), ratio, try node.scalar(0, dtype))
        }
        let u = try node.emit(Random(TensorType(dtype, node.shape(x)), .uniform, seed: try node.int("seed")))
        let mask = try node.compare(GreaterEqual.self, u, ratio)
        let kept = try node.binary(Sub.self, try node.scalar(1, dtype), ratio)
        let scale = try node.binary(Div.self, try node.scalar(1, dtype), kept)
        let y = try node.choose(
            mask, try node.binary(Mul.self, try node.cast(x, to: dtype), scale), try node.scalar(0, dtype))
        return [try node.cast(y, to: node.dtype(x)), node.wants(1) ? try node.cast(mask, to: maskType) : nil]
    }
}
