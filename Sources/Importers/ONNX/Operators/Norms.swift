import IR

/// Normalisations.
extension OperatorMapping {
    static let norms: [OperatorMapping] = [
        OperatorMapping("BatchNormalization") { node in try batchNorm(&node) },
        .one("InstanceNormalization") { node in
            let x = try node.input(0)
            guard let channels = node.shape(x).dropFirst().first?.value, channels > 0 else {
                throw NodeProblem("the channels of \(node.type(x)) must be known")
            }
            let norm = GroupNorm(groups: channels, eps: try node.float("epsilon", 1e-5))
            return try node.emit(norm, x, try node.input(1), try node.input(2))
        },
        .one("GroupNormalization") { node in
            let x = try node.input(0)
            guard let groups = try node.int("num_groups"), groups > 0, node.rank(x) >= 2 else {
                throw NodeProblem("'num_groups' is missing, or x has no channels")
            }
            let norm = GroupNorm(groups: groups, eps: try node.float("epsilon", 1e-5))
            var parameters = [try node.input(1), try node.input(2)]
            if node.version < 21 {
                // A number for each group, not for each channel.
                let channels = node.shape(x)[1]
                parameters = try parameters.map { parameter in
                    let column = try node.reshape(parameter, [Dim(groups), 1])
                    return try node.reshape(try node.expand(column, [Dim(groups), channels.floorDivided(by: Dim(groups))]), [channels])
                }
            }
            return try node.emit(norm, x, parameters[0], parameters[1])
        },
        OperatorMapping("LayerNormalization") { node in try layerNorm(&node) },
        .one("RMSNormalization") { node in
            let rows = try NormalizedRows(&node, epsilon: 1e-5)
            let weight = try node.input(1)
            if let flat = try rows.flat(&node, weight) {
                return try node.reshape(try node.emit(RMSNorm(eps: rows.epsilon), rows.rows, flat), rows.shape)
            }
            let y = try node.reshape(try node.emit(RMSNorm(eps: rows.epsilon), rows.rows), rows.shape)
            return try node.binary(Mul.self, y, weight)
        },
        .one("MeanVarianceNormalization") { node in
            let x = try node.input(0)
            let axes = try node.axes(try node.ints("axes") ?? [0, 2, 3], of: node.rank(x)).sorted()
            let centered = try node.binary(Sub.self, x, try node.reduce(ReduceMean.self, x, axes, keepDims: true))
            let variance = try node.reduce(ReduceMean.self, try node.binary(Mul.self, centered, centered), axes, keepDims: true)
            return try node.binary(Div.self, centered, try node.binary(Add.self, try node.unary(Sqrt.self, variance), 1e-9))
        },
        .one("LRN") { node in try localResponse(&node) },
    ]

    /// x / (bias + alpha/size · Σ x²)^beta, the sum over `size` channels around each: a mean over windows of the channels.
    private static func localResponse(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let shape = node.shape(x)
        guard let size = try node.int("size"), 1...Int(Int16.max) ~= size, shape.count >= 2 else {
            throw NodeProblem("'size' must be a positive number, and x have channels")
        }
        let square = try node.reshape(try node.binary(Mul.self, x, x), [shape[0], 1, shape[1], shape[2...].reduce(1, *)])
        let windows = PoolGeometry(kernel: [size, 1], padding: [(size - 1) / 2, 0, size / 2, 0])
        let mean = try node.reshape(try node.emit(AveragePool(windows, divisor: .padded), square), shape)
        let scaled = try node.binary(Mul.self, mean, try node.float("alpha", 1e-4))
        let base = try node.binary(Add.self, scaled, try node.float("bias", 1))
        return try node.binary(Div.self, x, try node.binary(Pow.self, base, try node.float("beta", 0.75)))
    }

    private static func batchNorm(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        let (rank, eps) = (node.rank(x), try node.float("epsilon", 1e-5))
        guard rank >= 2 else { throw NodeProblem("\(node.type(x)) has no channels") }
        let isTraining = node.version >= 14 ? try node.flag("training_mode", false) : node.wants(1)
        guard isTraining else { return [try batchScaled(&node, x, mean: try node.input(3), variance: try node.input(4), eps)] }
        let axes = [0] + (2..<rank)
        let wide = [.f16, .bf16].contains(node.dtype(x)) ? try node.cast(x, to: .f32) : x
        let mean = try node.reduce(ReduceMean.self, wide, axes)
        let centered = try node.binary(Sub.self, wide, try node.alongChannels(mean, rank: rank))
        let variance = try node.reduce(ReduceMean.self, try node.binary(Mul.self, centered, centered), axes)
        let momentum = try node.float("momentum", 0.9)
        func running(_ before: ValueID, _ now: ValueID, _ node: inout NodeImport) throws -> ValueID {
            let (kept, new) = (try node.binary(Mul.self, before, momentum), try node.cast(now, to: node.dtype(before)))
            return try node.binary(Add.self, kept, try node.binary(Mul.self, new, 1 - momentum))
        }
        return [
            try batchScaled(&node, x, mean: mean, variance: variance, eps),
            try running(try node.input(3), mean, &node), try running(try node.input(4), variance, &node),
            // Before version 14: what was saved for the backward pass.
            mean, variance,
        ]
    }

    /// x · s + t with s = scale / √(variance + eps), t = bias - mean · s: constants as a rule, which fold into a convolution before.
    private static func batchScaled(
        _ node: inout NodeImport, _ x: ValueID, mean: ValueID, variance: ValueID, _ eps: Double
    ) throws -> ValueID {
        let (rank, dtype) = (node.rank(x), node.dtype(x))
        let wide: DType = dtype == .f64 ? .f64 : .f32
        let parameters = try [node.input(1), node.input(2), mean, variance].map { try node.cast($0, to: wide) }
        let deviation = try node.unary(Sqrt.self, try node.binary(Add.self, parameters[3], eps))
        let scale = try node.binary(Div.self, parameters[0], deviation)
        let shift = try node.binary(Sub.self, parameters[1], try node.binary(Mul.self, parameters[2], scale))
        func placed(_ value: ValueID, _ node: inout NodeImport) throws -> ValueID {
            // Before version 9 there may be a number for each position, not for each channel.
            node.rank(value) == 1 ? try node.reshape(value, node.shape(value) + [Dim](repeating: 1, count: rank - 2)) : value
        }
        let product = try node.binary(Mul.self, try node.cast(x, to: wide), try placed(scale, &node))
        return try node.cast(try node.binary(Add.self, product, try placed(shift, &node)), to: dtype)
    }

    private static func layerNorm(_ node: inout NodeImport) throws -> [ValueID?] {
        let rows = try NormalizedRows(&node, epsilon: 1e-5)
        let (weight, bias) = (try node.input(1), node.optional(2))
        var y: ValueID
        let (flat, flatBias) = (try rows.flat(&node, weight), try bias.flatMap { try rows.flat(&node, $0) })
        if let flat, bias == nil || flatBias != nil {
            y = try node.reshape(try node.emit(LayerNorm(eps: rows.epsilon), rows.rows, flat, flatBias), rows.shape)
        } else {
            y = try node.reshape(try node.emit(LayerNorm(eps: rows.epsilon), rows.rows), rows.shape)
            y = try node.binary(Mul.self, y, weight)
            if let bias { y = try node.binary(Add.self, y, bias) }
        }
        guard node.wants(1) || node.wants(2) else { return [y] }
        let stash = try node.dtypeAttribute("stash_type") ?? .f32
        let x = try node.cast(try node.input(0), to: stash)
        let axes = Array(rows.axis..<rows.shape.count)
        let mean = try node.reduce(ReduceMean.self, x, axes, keepDims: true)
        let centered = try node.binary(Sub.self, x, mean)
        let variance = try node.reduce(ReduceMean.self, try node.binary(Mul.self, centered, centered), axes, keepDims: true)
        let deviation = try node.unary(Sqrt.self, try node.binary(Add.self, variance, rows.epsilon))
        return [y, mean, try node.unary(Reciprocal.self, deviation)]
    }
}

/// The input of a normalisation over all dimensions from `axis` on, as rows.
struct NormalizedRows {
    let rows: ValueID
    let shape: [Dim]
    let axis: Int
    let epsilon: Double

    init(_ node: inout NodeImport, epsilon usual: Double) throws {
        let x = try node.input(0)
        shape = node.shape(x)
        axis = try node.axis(try node.int("axis", -1), of: shape.count)
        epsilon = try node.float("epsilon", usual)
        rows = axis == shape.count - 1 ? x : try node.reshape(x, shape[..<axis] + [shape[axis...].reduce(1, *)])
    }

    /// A parameter as a row, if it has an element for each of a row.
    func flat(_ node: inout NodeImport, _ parameter: ValueID) throws -> ValueID? {
        let row = Array(shape[axis...])
        guard Array(node.shape(parameter).drop { $0.value == 1 }) == Array(row.drop { $0.value == 1 }),
            node.rank(parameter) <= shape.count
        else { return nil }
        return try node.reshape(parameter, [row.reduce(1, *)])
    }
}
