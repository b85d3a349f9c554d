import Foundation
import IR

/// Positions, and rows of sequences without their padding.
extension OperatorMapping {
    static let microsoftPositions: [OperatorMapping] = [
        microsoft("RotaryEmbedding") { node in
            let (x, cos, sin) = (try node.input(0), try node.input(2), try node.input(3))
            let isFlat = node.rank(x) == 3
            try node.require([x], rank: isFlat ? 3 : 4, "input")
            try node.require([cos, sin], rank: 2, "cos_cache and sin_cache")
            var heads = try node.int("num_heads", 0)
            let size = try node.int("rotary_embedding_dim", 0)
            if isFlat, heads == 0 {
                guard let width = node.shape(x)[2].value, let half = node.shape(cos)[1].value, half > 0 else {
                    throw NodeProblem("num_heads is missing")
                }
                heads = width / (2 * half)
            }
            let places = try tokenPlaces(&node, try node.input(1), length: node.shape(x)[isFlat ? 1 : 2])
            let (c, s) = (try node.emit(Gather(axis: 0), cos, places), try node.emit(Gather(axis: 0), sin, places))
            let scale = try node.float("scale", 1)
            let y = try rotated(&node, x, c, s, heads: heads, size: size, interleaved: try node.flag("interleaved", false))
            return [scale == 1 ? y : try node.binary(Mul.self, y, scale)]
        },
        microsoft("RelativePositionBias") { node in [try relativeBias(&node)] },
        microsoft("GatedRelativePositionBias") { node in [try gatedRelativeBias(&node)] },
        microsoft("RemovePadding") { node in try removePadding(&node) },
        microsoft("RestorePadding") { node in
            let (x, offsets) = (try node.input(0), try node.input(1))
            try node.require([x, offsets], rank: 2, "input and token_offset")
            let shape = node.shape(offsets)
            let padded = try node.unpacked(x, offsets, count: node.shape(x)[0])
            return [try node.reshape(padded, [shape[0], shape[1], node.shape(x)[1]])]
        },
    ]

    /// Places `[b, n]`, of which one number says only the first.
    private static func tokenPlaces(_ node: inout NodeImport, _ given: ValueID, length: Dim) throws -> ValueID {
        guard node.rank(given) == 1 else { return given }
        return try node.binary(Add.self, try node.positions(length, axis: 1, of: 2), try node.cast(given, to: .i64))
    }

    /// T5's: distances in buckets, near ones by themselves, farther ones by their logarithm, each with a bias for every head.
    private static func relativeBias(_ node: inout NodeImport) throws -> ValueID {
        let table = try node.input(0)
        try node.require([table], rank: 2, "bias_table")
        guard let buckets = node.shape(table)[0].value, buckets > 1 else { throw NodeProblem("the number of buckets must be known") }
        let lengths = [try node.input(1), try node.input(2)]
        let sizes = try lengths.map { length -> Dim in try node.dims(try node.reshape(length, [1]))[0] }
        let isTwoSided = try node.flag("is_bidirectional", false)
        let query = try node.positions(sizes[0], axis: 0, of: 2)
        let key = try node.positions(sizes[1], axis: 1, of: 2)
        let distance = try node.binary(Sub.self, key, query)
        let count = isTwoSided ? buckets / 2 : buckets
        let back = try node.binary(Sub.self, try node.scalar(0), distance)
        let far = isTwoSided ? try node.binary(Maximum.self, distance, back) : try node.binary(Maximum.self, back, 0)
        let exact = count / 2
        guard exact > 0 else { throw NodeProblem("\(buckets) buckets are too few") }
        let ratio = try node.binary(Div.self, try node.cast(try node.binary(Maximum.self, far, 1), to: .f32), Double(exact))
        let most = try node.int("max_distance", 128)
        let step = Double(count - exact) / log(Double(most) / Double(exact))
        let steps = try node.cast(try node.binary(Mul.self, try node.unary(Log.self, ratio), step), to: .i64)
        let coarse = try node.binary(Minimum.self, try node.binary(Add.self, steps, Double(exact)), Double(count - 1))
        var bucket = try node.choose(try node.compare(Less.self, far, Double(exact)), far, coarse)
        if isTwoSided {
            let ahead = try node.choose(try node.compare(Greater.self, distance, 0), try node.scalar(count), try node.scalar(0))
            bucket = try node.binary(Add.self, bucket, ahead)
        }
        // The table lies head after head, whatever its shape says.
        let heads = try node.reshape(table, [node.shape(table)[1], Dim(buckets)])
        return try node.unsqueeze(try node.emit(Gather(axis: 1), heads, bucket), 0)
    }

    /// `rel_pos · (u · (r · a - 1) + 2)` with gates u and r from the query.
    private static func gatedRelativeBias(_ node: inout NodeImport) throws -> ValueID {
        let heads = try node.int("num_heads", 0)
        var query = try node.input(0)
        try node.require([node.optional(6), node.input(3)], rank: 2, "token_offset and weight")
        if let offsets = node.optional(6), node.rank(query) == 2 {
            let (shape, width) = (node.shape(offsets), node.shape(query)[1])
            query = try node.reshape(try node.unpacked(query, offsets, count: node.shape(query)[0]), [shape[0], shape[1], width])
        }
        let split = try node.splitHeads(try node.binary(Add.self, query, try node.input(1)), heads, "query_layer")
        let weight = try node.input(3)
        let gates = try node.binary(Add.self, try matmul(&node, split, weight), try node.input(4))
        let (shape, width) = (node.shape(gates), node.shape(weight)[1])
        let half = width.exactQuotient(by: 2) ?? width.floorDivided(by: 2)
        let pairs = try node.reshape(gates, Array(shape.prefix(3)) + [2, half])
        let open = try node.unary(Sigmoid.self, try node.reduce(ReduceSum.self, pairs, [4]))
        let (u, r) = (try node.slice(open, axis: 3, 0..<1), try node.slice(open, axis: 3, 1..<2))
        let inner = try node.binary(Sub.self, try node.binary(Mul.self, r, try node.input(5)), 1)
        let gate = try node.binary(Add.self, try node.binary(Mul.self, u, inner), 2)
        return try node.binary(Mul.self, gate, try node.input(2))
    }

    /// Rows of tokens that count; places of those and then of the others; where each sequence starts; the longest.
    private static func removePadding(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        try node.require([x], rank: 3, "input")
        try node.require([node.input(1)], rank: 1, "sequence_token_count")
        let (batch, length, width) = (node.shape(x)[0], node.shape(x)[1], node.shape(x)[2])
        let counts = try node.cast(try node.input(1), to: .i64)
        let place = try node.positions(length, axis: 1, of: 2)
        let counted = try node.compare(Less.self, place, try node.unsqueeze(counts, 1))
        let flags = try node.reshape(try node.cast(counted, to: .i64), [batch * length])
        let seen = try node.emit(CumSum(axis: 0), flags)
        let total = try node.reduce(ReduceSum.self, flags, [0])
        let index = try node.emit(Iota(size: batch * length))
        // A token's rank: among those that count, or behind them.
        let others = try node.binary(Sub.self, try node.binary(Add.self, index, total), seen)
        let ranks = try node.choose(
            try node.compare(Greater.self, flags, 0), try node.binary(Sub.self, seen, 1), others)
        let order = try node.emit(ScatterRows(), index, ranks, index)
        let tokens = try node.dims(try node.reshape(total, [1]))[0]
        let first = try node.emit(Slice(axis: 0, start: 0, end: tokens), order)
        let rows = try node.emit(Gather(axis: 0), try node.reshape(x, [batch * length, width]), first)
        let ends = try node.emit(CumSum(axis: 0), counts)
        let starts = try node.concat([try node.vector([0]), ends], axis: 0)
        let most = try node.reduce(ReduceMax.self, counts, [0], keepDims: true)
        let offsets = try node.reshape(order, [batch, length])
        return [rows] + (try [offsets, starts, most].map { try node.cast($0, to: .i32) })
    }
}

extension NodeImport {
    /// Rows put back to the places that the first of `offsets` (`[b, n]`) name; zeros elsewhere: `[b · n, c]`.
    mutating func unpacked(_ rows: ValueID, _ offsets: ValueID, count: Dim) throws -> ValueID {
        let all = type(offsets).elementCount
        let flat = try cast(try reshape(offsets, [all]), to: .i64)
        let places = try emit(Slice(axis: 0, start: 0, end: count), flat)
        let empty = try emit(Fill(shape: [all, shape(rows)[1]], value: .float(0), dtype: dtype(rows)))
        return try emit(ScatterRows(), empty, places, rows)
    }
}
