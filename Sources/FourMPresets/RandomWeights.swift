import Foundation
import FourMSampling
import IR

/// Random weights of the size that the reference starts training with (`init_weights` of fourm/models/fm.py), so that
/// activations stay of order one. Each element is a function of seed, tensor name and index alone.
struct RandomWeights: Sendable {
    let random: CounterRandom

    init(seed: UInt64) { random = CounterRandom(seed: seed) }

    /// How a tensor is filled.
    enum Fill: Equatable {
        case constant(Float)
        /// Uniform in ±bound.
        case uniform(bound: Float)
        /// Normal around 0.
        case normal(deviation: Float)
        /// A table, row major.
        case table([Float])
    }

    /// What `key` of that shape starts as.
    /// - Parameter isHead: of a token table that is the head's weights as well, which the reference initializes last.
    static func fill(_ key: String, _ shape: [Int], hasLearnedPositions: Bool, isHead: Bool = false) -> Fill {
        let part = key.split(separator: ".").last ?? ""
        if key.hasSuffix(".gamma") { return .constant(1) }
        if part == "pos_emb", !hasLearnedPositions, let table = positions(shape) { return .table(table) }
        if part.hasSuffix("_emb") || part.hasSuffix("_token") || part.hasSuffix("_tokens") { return .normal(deviation: 0.02) }
        if key.contains("_emb."), part == "weight", !isHead { return .normal(deviation: 0.02) }
        if part == "embed" || part == "codes" { return .uniform(bound: bound(deviation: 1)) }
        guard shape.count > 1 else { return .constant(part == "weight" ? 1 : 0) }
        let area = shape.dropFirst(2).reduce(1, *)
        return .uniform(bound: (6 / Float((shape[0] / parts(of: key) + shape[1]) * area)).squareRoot())
    }

    /// Layers that one weight holds: queries, keys and values are each initialized as one of their own.
    private static func parts(of key: String) -> Int {
        key.hasSuffix(".qkv.weight") ? 3 : key.hasSuffix(".kv.weight") ? 2 : 1
    }

    /// Elements `start ..< start + buffer.count`, spread over the cores.
    func write(_ fill: Fill, of key: String, from start: Int, into buffer: UnsafeMutableBufferPointer<Float>) {
        switch fill {
        case .constant(let value): buffer.update(repeating: value)
        case .table(let table): for index in buffer.indices { buffer[index] = table[start + index] }
        case .uniform(let bound):
            let stream = random.substream(key)
            RandomWeights.inPieces(buffer) { stream.fillUniform($0, from: UInt64(start + $1), bound: bound) }
        case .normal(let deviation):
            let stream = random.substream(key)
            RandomWeights.inPieces(buffer) { piece, offset in
                stream.fillNormal(piece, from: UInt64(start + offset))
                for index in piece.indices { piece[index] *= deviation }
            }
        }
    }

    /// Calls `body` with parts of `buffer` and where they begin, on several cores.
    private static func inPieces(
        _ buffer: UnsafeMutableBufferPointer<Float>, _ body: @Sendable (UnsafeMutableBufferPointer<Float>, Int) -> Void
    ) {
        let size = 1 << 16
        nonisolated(unsafe) let buffer = buffer
        DispatchQueue.concurrentPerform(iterations: (buffer.count + size - 1) / size) { piece in
            let range = piece * size..<min((piece + 1) * size, buffer.count)
            body(UnsafeMutableBufferPointer(rebasing: buffer[range]), range.lowerBound)
        }
    }

    /// The uniform distribution with that standard deviation.
    private static func bound(deviation: Float) -> Float { deviation * Float(3).squareRoot() }

    /// Sine-cosine table for [1, rows, dim] or [1, dim, height, width]; nil where the width does not divide.
    static func positions(_ shape: [Int]) -> [Float]? {
        if shape.count == 4, shape[1] % 4 == 0 {
            let (dim, height, width) = (shape[1], shape[2], shape[3])
            let rows = PositionTables.grid(height: height, width: width, dim: dim)
            return (0..<dim).flatMap { channel in (0..<height * width).map { rows[$0 * dim + channel] } }
        }
        guard shape.count == 3 else { return nil }
        let (rows, dim) = (shape[1], shape[2])
        if rows == ModelSkeleton.sequencePositions, dim % 2 == 0 { return PositionTables.sequence(rows: rows, dim: dim) }
        let side = Int(Double(rows).squareRoot().rounded())
        guard side * side == rows, dim % 4 == 0 else { return nil }
        return PositionTables.grid(height: side, width: side, dim: dim)
    }
}
