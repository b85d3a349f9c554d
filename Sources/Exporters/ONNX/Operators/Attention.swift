import Formats
import IR

extension ExportMapping {
    /// Products that are rounded to 8 bits here are exact in the exported model.
    static let attention: [ExportMapping] = [
        .one("attention", since: 23) { node in
            let op = try node.op(Attention.self)
            guard !op.offByOne else { return try node.attention(op) }
            let dtype = try node.dtype(0)
            let operands = [try node.input(0), try node.input(1, as: dtype), try node.input(2, as: dtype)]
            var attributes: [ONNXAttribute] = [.float("scale", op.scale)]
            if op.causal, try node.isSquare { attributes.append(.int("is_causal", 1)) }
            let mask = try node.additiveMask(op, dtype)
            return node.emit("Attention", operands + (mask.map { [$0] } ?? []), attributes)
        },
        .one("attention") { node in try node.attention(try node.op(Attention.self)) },
    ]
}

extension NodeExport {
    /// Whether there are as many queries as keys, and the attributes of ONNX can say that later keys are hidden.
    fileprivate var isSquare: Bool { get throws { try shape(0)[2] == shape(1)[2] } }

    /// What is added to the scores: the bias, and the lowest f32 where a key is hidden; nil if nothing is.
    fileprivate func additiveMask(_ op: Attention, _ dtype: DType) throws -> String? {
        let later = try op.causal && !(isSquare && opset >= 23 && !op.offByOne) ? causalMask() : nil
        let bias = try optional(4, as: dtype)
        let masks = [try optional(3), later].compactMap { $0 }
        let hidden = masks.dropFirst().reduce(masks.first) { first, next in first.map { emit("Or", $0, next) } }
        // Half the lowest number: runtimes take the lowest for -∞, and give 0 where no key is seen.
        let lowest = number((dtype == .f16 ? -65504 : Attention.maskedScore) / 2, dtype)
        guard let added = hidden.map({ emit("Where", $0, lowest, bias ?? number(0, dtype)) }) ?? bias else { return nil }
        return try stretched(added, besides: later == nil ? [] : [[try shape(0)[2], try shape(1)[2]]])
    }

    /// The mask with four dimensions, the last two as large as the scores: runtimes do not stretch those.
    private func stretched(_ mask: String, besides other: [[Dim]]) throws -> String {
        let (queries, keys) = (try shape(0)[2], try shape(1)[2])
        let shapes = try [3, 4].filter { operand($0) != nil }.map { try shape($0) } + other
        func fills(_ size: Dim, _ place: Int) -> Bool { shapes.contains { $0.count >= place && $0[$0.count - place] == size } }
        let asked = [fills(queries, 2) ? 1 : queries, fills(keys, 1) ? 1 : keys]
        if asked != [1, 1] { return emit("Expand", mask, try sizes([1, 1] + asked)) }
        return unsqueeze(mask, Array(0..<(4 - (shapes.map(\.count).max() ?? 4))))
    }

    /// bool[n, m], true where key j comes after i + m - n.
    private func causalMask() throws -> String {
        let (queries, keys) = (try shape(0)[2], try shape(1)[2])
        let last = try iota(from: keys - queries, count: queries)
        return emit("Greater", try iota(from: 0, count: keys), unsqueeze(last, [1]))
    }

    /// softmax(scale · q·kᵀ + bias, masked) · v in plain operators.
    fileprivate func attention(_ op: Attention) throws -> String {
        let dtype = try dtype(0)
        let k = transposed(try repeated(try input(1, as: dtype), 1), rank: 4)
        let product = emit("MatMul", try input(0), k)
        var scores = op.scale == 1 ? product : emit("Mul", product, number(op.scale, dtype))
        if let bias = try optional(4, as: dtype) { scores = emit("Add", scores, bias) }
        let masks = [try optional(3), op.causal ? try causalMask() : nil].compactMap { $0 }
        if let first = masks.first {
            let hidden = masks.dropFirst().reduce(first) { emit("Or", $0, $1) }
            scores = emit("Where", hidden, number(dtype == .f16 ? -65504 : Attention.maskedScore, dtype), scores)
        }
        let weights = softmax(scores, axis: -1, offByOne: op.offByOne, dtype)
        return emit("MatMul", weights, try repeated(try input(2, as: dtype), 2))
    }

    /// Operand `index`, keys or values, with a head for each of the queries'.
    private func repeated(_ x: String, _ index: Int) throws -> String {
        let (heads, shape) = (try shape(0)[1], try shape(index))
        guard let count = Attention.group(heads, shape[1]), count > 1 else { return x }
        let copies = emit("Expand", unsqueeze(x, [2]), ints([1, 1, count, 1, 1]))
        return try reshape(copies, Array(shape[..<2]) + [Dim(count)] + shape[2...], [shape[0], heads] + shape[2...])
    }
}
