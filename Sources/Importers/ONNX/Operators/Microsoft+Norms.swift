import IR

/// Normalisations with additions in front.
extension OperatorMapping {
    static let microsoftNorms: [OperatorMapping] = [
        microsoft("SkipLayerNormalization") { node in
            let sum = try node.skipSum(bias: 4)
            let norm = LayerNorm(eps: try node.float("epsilon", 1e-12))
            let y = try node.emit(norm, [sum, try node.input(2), node.optional(3)].withoutTrailingNil)
            return [y] + (try node.statistics(sum, norm.eps, centered: true)) + [sum]
        },
        microsoft("SkipSimplifiedLayerNormalization") { node in
            let sum = try node.skipSum(bias: 3)
            let norm = RMSNorm(eps: try node.float("epsilon", 1e-12))
            return [try node.emit(norm, sum, try node.input(2))] + (try node.statistics(sum, norm.eps, centered: false)) + [sum]
        },
        microsoft("EmbedLayerNormalization") { node in try embedding(&node) },
        // Old exporters write it in the default domain.
        OperatorMapping("SimplifiedLayerNormalization") { node in try simplified(&node) },
        microsoft("SimplifiedLayerNormalization") { node in try simplified(&node) },
    ]

    /// Over all dimensions from `axis` on.
    private static func simplified(_ node: inout NodeImport) throws -> [ValueID?] {
        let (x, scale) = (try node.input(0), try node.input(1))
        let (shape, dtype) = (node.shape(x), node.dtype(scale))
        let axis = try node.axis(try node.int("axis", -1), of: shape.count)
        let width = shape[axis...].reduce(1, *)
        let rows = try node.reshape(x, Array(shape[..<axis]) + [width])
        let norm = RMSNorm(eps: try node.float("epsilon", 1e-5))
        let y = try node.emit(norm, rows, try node.reshape(scale, [width]))
        var results: [ValueID?] = [try node.cast(try node.reshape(y, shape), to: dtype)]
        if node.wants(1) {
            let last = try node.statistics(rows, norm.eps, centered: false, from: 0)[1]
            let kept = Array(shape[..<axis]) + shape[axis...].map { _ in 1 }
            results.append(try last.map { try node.reshape($0, kept) })
        }
        return results
    }

    /// Words, positions and segments of a BERT, added and normalised; the number of tokens that count; the sum.
    private static func embedding(_ node: inout NodeImport) throws -> [ValueID?] {
        let ids = try node.input(0)
        try node.require([ids], rank: 2, "input_ids")
        let (batch, length) = (node.shape(ids)[0], node.shape(ids)[1])
        var sum = try node.emit(Gather(axis: 0), try node.input(2), ids)
        let table = try node.input(3)
        let places = try node.optional(8) ?? node.positions(length, axis: 1, of: 2)
        sum = try node.binary(Add.self, sum, try node.emit(Gather(axis: 0), table, places))
        if let segments = node.optional(1), let table = node.optional(4) {
            sum = try node.binary(Add.self, sum, try node.emit(Gather(axis: 0), table, segments))
        }
        let norm = LayerNorm(eps: try node.float("epsilon", 1e-12))
        let y = try node.emit(norm, sum, try node.input(5), try node.input(6))
        var count: ValueID?
        if node.wants(1) {
            count =
                try node.optional(7).map { try node.cast(try node.reduce(ReduceSum.self, $0, [1]), to: .i32) }
                ?? node.emit(Fill(shape: [batch], value: 0, dtype: .i32))
        }
        return [y, count, sum]
    }
}

extension NodeImport {
    /// Inputs 0 and 1, which may repeat over the batch, and the bias at `bias` if there is one.
    fileprivate mutating func skipSum(bias: Int) throws -> ValueID {
        let sum = try binary(Add.self, try input(0), try input(1))
        return try optional(bias).map { try binary(Add.self, sum, $0) } ?? sum
    }

    /// Mean and one over the deviation of each row, as far as outputs `from` and `from` + 1 are wanted.
    fileprivate mutating func statistics(_ x: ValueID, _ eps: Double, centered: Bool, from: Int = 1) throws -> [ValueID?] {
        guard wants(from) || wants(from + 1) else { return [nil, nil] }
        let wide = try cast(x, to: .f32)
        let axis = rank(x) - 1
        let mean = centered ? try reduce(ReduceMean.self, wide, [axis], keepDims: true) : nil
        let difference = try mean.map { try binary(Sub.self, wide, $0) } ?? wide
        let variance = try reduce(ReduceMean.self, try binary(Mul.self, difference, difference), [axis], keepDims: true)
        return [mean, try unary(Rsqrt.self, try binary(Add.self, variance, eps))]
    }
}

extension Array where Element == ValueID? {
    /// Without absent operands at the end.
    var withoutTrailingNil: [ValueID?] {
        var operands = self
        while let last = operands.last, last == nil { operands.removeLast() }
        return operands
    }
}
