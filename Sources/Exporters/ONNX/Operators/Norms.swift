import IR

extension ExportMapping {
    static let norms: [ExportMapping] = [
        .one("layer_norm") { node in
            let (eps, dtype) = (try node.op(LayerNorm.self).eps, try node.dtype(0))
            let channels = Array(try node.shape(0).suffix(1))
            let weight = try node.optional(1, as: dtype) ?? node.filled(channels, 1.0, dtype)
            let bias = try node.optional(2, as: dtype).map { [$0] } ?? []
            return node.emit(
                "LayerNormalization", [try node.input(0), weight] + bias, [.int("axis", -1), .float("epsilon", eps)])
        },
        .one("group_norm") { node in
            let op = try node.op(GroupNorm.self)
            return try node.groupNorm(groups: op.groups, eps: op.eps)
        },
        .one("fused_group_norm") { node in try fusedGroupNorm(node) },
        .one("rms_norm", since: 23) { node in
            let dtype = try node.dtype(0)
            let weight = try node.optional(1, as: dtype) ?? node.filled(Array(try node.shape(0).suffix(1)), 1.0, dtype)
            return node.emit(
                "RMSNormalization", [try node.input(0), weight], [.int("axis", -1), .float("epsilon", try node.op(RMSNorm.self).eps)])
        },
        .one("rms_norm") { node in
            let (dtype, wide) = (try node.dtype(0), try node.wideType())
            let x = try node.input(0, as: wide)
            let square = node.reduce("ReduceMean", node.emit("Mul", x, x), [-1], keepDims: true)
            let length = node.emit("Sqrt", node.emit("Add", square, node.number(try node.op(RMSNorm.self).eps, wide)))
            let y = node.emit("Div", x, length)
            return node.cast(try node.optional(1, as: wide).map { node.emit("Mul", y, $0) } ?? y, from: wide, to: dtype)
        },
        .one("l2_normalize") { node in
            let (op, dtype, wide) = (try node.op(L2Normalize.self), try node.dtype(0), try node.wideType())
            let x = try node.input(0, as: wide)
            let length = node.reduce("ReduceL2", x, [op.axis], keepDims: true)
            return node.cast(node.emit("Div", x, node.emit("Max", length, node.number(op.eps, wide))), from: wide, to: dtype)
        },
        .one("softmax") { node in
            let op = try node.op(Softmax.self)
            return node.softmax(try node.input(0), axis: op.axis, offByOne: op.offByOne, try node.dtype(0))
        },
        .one("log_softmax") { node in node.emit("LogSoftmax", [try node.input(0)], [.int("axis", try node.op(LogSoftmax.self).axis)]) },
    ]

    /// silu(group_norm(x) · (1 + scale) + shift), scale and shift for each sample's channels.
    private static func fusedGroupNorm(_ node: NodeExport) throws -> String {
        let (op, dtype) = (try node.op(FusedGroupNorm.self), try node.dtype(0))
        var y = try node.groupNorm(groups: op.groups, eps: op.eps)
        let spatial = Array(2..<max(try node.rank(0), 2))
        if let scale = try node.optional(3, as: dtype) {
            y = node.emit("Mul", y, node.unsqueeze(node.emit("Add", scale, node.number(1, dtype)), spatial))
        }
        if let shift = try node.optional(4, as: dtype) { y = node.emit("Add", y, node.unsqueeze(shift, spatial)) }
        return op.silu ? try node.unary("silu", y, dtype) : y
    }
}

extension NodeExport {
    /// The type in which sums of operand 0 are taken: f32 for narrower ones.
    func wideType() throws -> DType { try dtype(0) == .f64 ? .f64 : .f32 }

    /// Operands x, weight and bias. Before operator set 21 a group counts as a channel of `InstanceNormalization`.
    fileprivate func groupNorm(groups: Int, eps: Double) throws -> String {
        let (x, dtype, shape) = (try input(0), try dtype(0), try shape(0))
        let (weight, bias) = (try optional(1, as: dtype), try optional(2, as: dtype))
        if opset >= 21 {
            let scale = try weight ?? filled([shape[1]], 1.0, dtype)
            return emit(
                "GroupNormalization", [x, scale, try bias ?? filled([shape[1]], 0.0, dtype)],
                [.int("num_groups", groups), .float("epsilon", eps)])
        }
        let cut = emit("Reshape", x, ints([0, groups, -1]))
        let (ones, zeros) = (try filled([Dim(groups)], 1.0, dtype), try filled([Dim(groups)], 0.0, dtype))
        let normal = emit("InstanceNormalization", [cut, ones, zeros], [.float("epsilon", eps)])
        let count = shape.reduce(1, *)
        var y = try reshape(normal, [shape[0], Dim(groups), count], shape)
        let spatial = Array(1..<(shape.count - 1))
        if let weight { y = emit("Mul", y, unsqueeze(weight, spatial)) }
        if let bias { y = emit("Add", y, unsqueeze(bias, spatial)) }
        return y
    }

    /// off_by_one: e^(x - m) / (Σ e^(x - m) + e^(-m)) with m = max(x, 0).
    func softmax(_ x: String, axis: Int, offByOne: Bool, _ dtype: DType) -> String {
        guard offByOne else { return emit("Softmax", [x], [.int("axis", axis)]) }
        let highest = emit("Max", reduce("ReduceMax", x, [axis], keepDims: true), number(0, dtype))
        let weights = emit("Exp", emit("Sub", x, highest))
        let sum = reduce("ReduceSum", weights, [axis], keepDims: true, since: 13)
        return emit("Div", weights, emit("Add", sum, emit("Exp", emit("Neg", highest))))
    }
}
