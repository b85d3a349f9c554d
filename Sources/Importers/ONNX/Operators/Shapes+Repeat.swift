import IR

/// Tile and Trilu.
extension OperatorMapping {
    static let repeats: [OperatorMapping] = [
        .one("Tile") { node in
            let x = try node.input(0)
            var counts = [Dim](repeating: 1, count: node.rank(x))
            if node.version < 6 {
                let axis = try node.axis(try node.integer(try node.input(2)), of: counts.count)
                counts[axis] = try node.dims(try node.reshape(try node.input(1), [1]))[0]
            } else {
                counts = try node.dims(try node.input(1))
            }
            return try tiled(&node, x, counts)
        },
        .one("Trilu") { node in try triangle(&node) },
    ]

    /// Copies side by side: each dimension gets one for its copies in front of it, along which it is stretched.
    static func tiled(_ node: inout NodeImport, _ x: ValueID, _ counts: [Dim]) throws -> ValueID {
        let shape = node.shape(x)
        guard counts.count == shape.count else { throw NodeProblem("\(counts.count) numbers of copies for \(shape.count) dimensions") }
        if counts.allSatisfy({ $0 == 1 }) { return x }
        var (single, copied): ([Dim], [Dim]) = ([], [])
        for (count, size) in zip(counts, shape) {
            if count != 1 {
                single.append(1)
                copied.append(count)
            }
            single.append(size)
            copied.append(size)
        }
        let all = try node.expand(try node.reshape(x, single), copied)
        return try node.reshape(all, zip(counts, shape).map(*))
    }

    /// Elements on one side of a diagonal; zeros on the other.
    private static func triangle(_ node: inout NodeImport) throws -> ValueID {
        let x = try node.input(0)
        let (shape, dtype) = (node.shape(x), node.dtype(x))
        guard shape.count >= 2 else { throw NodeProblem("\(node.type(x)) has no rows and columns") }
        let isUpper = try node.flag("upper", true)
        let (rows, columns) = (shape[shape.count - 2], shape[shape.count - 1])
        let row = try node.reshape(try node.emit(Iota(size: rows)), [rows, 1])
        let column = try node.emit(Iota(size: columns))
        var diagonal = row
        if let given = node.optional(1) {
            diagonal = try node.binary(Add.self, row, try node.reshape(try node.cast(given, to: .i64), []))
        }
        let operands = isUpper ? [column, diagonal] : [diagonal, column]
        let kept = try node.emit(Comparison<GreaterEqual>(), operands)
        return try node.choose(kept, x, try node.scalar(0, dtype))
    }
}
