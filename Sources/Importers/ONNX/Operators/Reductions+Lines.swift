import IR

/// Searches, running sums and softmaxes: operators on lines along an axis.
extension OperatorMapping {
    static let searches: [OperatorMapping] = [
        argument("ArgMax", ArgMax.self), argument("ArgMin", ArgMin.self),
        OperatorMapping("TopK") { node in try topK(&node) },
        cumulative("CumSum") { CumSum(axis: $0, exclusive: $1, reverse: $2) },
        cumulative("CumProd") { CumProd(axis: $0, exclusive: $1, reverse: $2) },
        .one("LpNormalization") { node in
            let p = try node.int("p", 2)
            let axis = try node.axis(try node.int("axis", -1), of: node.rank(try node.input(0)))
            return try widened(&node) { node, x in try lengthNormalized(&node, x, axis, p) }
        },
    ]

    static let softmaxes: [OperatorMapping] = [
        softmax("Softmax") { try $0.emit(Softmax(axis: $2), $1) },
        softmax("LogSoftmax") { try $0.emit(LogSoftmax(axis: $2), $1) },
        softmax("Hardmax") { node, x, axis in
            let largest = try node.emit(ArgReduce<ArgMax>(axis: axis, keepDims: true), x)
            let positions = try along(&node, axis, try node.emit(Iota(size: node.shape(x)[axis])), rank: node.rank(x))
            return try node.cast(try node.compare(Equal.self, positions, largest), to: node.dtype(x))
        },
    ]

    /// A vector as a tensor of `rank` that runs along `axis`.
    static func along(_ node: inout NodeImport, _ axis: Int, _ vector: ValueID, rank: Int) throws -> ValueID {
        var sizes = [Dim](repeating: 1, count: rank)
        sizes[axis] = node.shape(vector)[0]
        return try node.reshape(vector, sizes)
    }

    /// The first of equals, or, found from the end, the last.
    private static func argument<Function: ArgFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let x = try node.input(0)
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
            let search = ArgReduce<Function>(axis: axis, keepDims: try node.flag("keepdims", true))
            guard try node.flag("select_last_index", false) else { return try node.emit(search, x) }
            let last = try node.reshape(try node.vector([node.shape(x)[axis] - 1]), [])
            let positions = try node.binary(Sub.self, last, try node.emit(Iota(size: node.shape(x)[axis])))
            return try node.binary(Sub.self, last, try node.emit(search, try node.emit(Gather(axis: axis), x, positions)))
        }
    }

    private static func topK(_ node: inout NodeImport) throws -> [ValueID?] {
        let x = try node.input(0)
        let axis = try node.axis(try node.int("axis", -1), of: node.rank(x))
        // An attribute before version 10.
        guard let k = try node.version < 10 ? node.int("k") : node.integer(try node.input(1)) else { throw NodeProblem("k is missing") }
        if try node.flag("largest", true) { return try node.add(TopK(k: k, axis: axis), x) }
        let ranked = try node.add(TopK(k: k, axis: axis), try reversedOrder(&node, x))
        guard ranked.count == 2 else { return [] }
        return [try node.emit(GatherElements(axis: axis), x, ranked[1]), ranked[1]]
    }

    /// Elements that are the larger the smaller those of x are; NaN is smallest. Integers are their complements, so that none overflows.
    private static func reversedOrder(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let dtype = node.dtype(x)
        guard dtype.isFloat else { return try node.emit(Logical<Xor>(), x, try node.scalar(-1, dtype)) }
        return try node.choose(
            try node.emit(IsNaN(), x), try node.scalar(-.infinity, dtype), try node.unary(Neg.self, x))
    }

    private static func cumulative(
        _ name: String, _ make: @escaping @Sendable (Int, Bool, Bool) -> any TensorOperator
    ) -> OperatorMapping {
        .one(name) { node in
            let x = try node.input(0)
            let axis = try node.axis(try node.integer(try node.input(1)), of: node.rank(x))
            return try node.emit(make(axis, try node.flag("exclusive", false), try node.flag("reverse", false)), x)
        }
    }

    /// x / ‖x‖; 0 where that is 0.
    private static func lengthNormalized(_ node: inout NodeImport, _ x: ValueID, _ axis: Int, _ p: Int) throws -> ValueID {
        let length: ValueID
        switch p {
        case 1: length = try node.reduce(ReduceSum.self, try node.unary(Abs.self, x), [axis], keepDims: true)
        case 2:
            let squares = try node.reduce(ReduceSum.self, try node.binary(Mul.self, x, x), [axis], keepDims: true)
            length = try node.unary(Sqrt.self, squares)
        default: throw NodeProblem("attribute 'p' must be 1 or 2, not \(p)")
        }
        let isZero = try node.compare(Equal.self, length, 0)
        return try node.binary(Div.self, x, try node.choose(isZero, try node.scalar(1, node.dtype(x)), length))
    }

    /// Before version 13 along all dimensions from `axis` on, together.
    private static func softmax(
        _ name: String, _ apply: @escaping @Sendable (inout NodeImport, ValueID, Int) throws -> ValueID
    ) -> OperatorMapping {
        .one(name) { node in
            let x = try node.input(0)
            let rank = node.rank(x)
            let axis = try node.axis(try node.int("axis", node.version < 13 ? 1 : -1), of: rank)
            if node.version >= 13 || axis == rank - 1 { return try apply(&node, x, axis) }
            let shape = node.shape(x)
            let rows = try node.reshape(x, [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)])
            return try node.reshape(try apply(&node, rows, 1), shape)
        }
    }
}
