import IR

extension OperatorMapping {
    static let reductions: [OperatorMapping] = [
        plain("ReduceSum", axesInputSince: 13) { try $0.reduce(ReduceSum.self, $1, $2, keepDims: $3) },
        plain("ReduceMean", axesInputSince: 18) { try $0.reduce(ReduceMean.self, $1, $2, keepDims: $3) },
        plain("ReduceProd", axesInputSince: 18) { try $0.reduce(ReduceProd.self, $1, $2, keepDims: $3) },
        plain("ReduceMax", axesInputSince: 18) { try $0.reduce(ReduceMax.self, $1, $2, keepDims: $3) },
        plain("ReduceMin", axesInputSince: 18) { try $0.reduce(ReduceMin.self, $1, $2, keepDims: $3) },
        plain("ReduceL2", axesInputSince: 18) { node, x, axes, keepDims in
            let sum = try node.reduce(ReduceSum.self, try node.binary(Mul.self, x, x), axes, keepDims: keepDims)
            return try node.unary(Sqrt.self, sum)
        },
        argument("ArgMax", ArgMax.self), argument("ArgMin", ArgMin.self),
        softmax("Softmax") { try $0.emit(Softmax(axis: $2), $1) },
        softmax("LogSoftmax") { try $0.emit(LogSoftmax(axis: $2), $1) },
    ]

    typealias Reduction = @Sendable (inout NodeImport, ValueID, [Int], Bool) throws -> ValueID

    /// A reduction of `axes`, all of them by default; none of them if `noop_with_empty_axes` says so.
    static func plain(_ name: String, axesInputSince version: Int, _ reduce: @escaping Reduction) -> OperatorMapping {
        .one(name) { node in
            let x = try node.input(0)
            let given = try node.ints("axes", before: version, input: 1) ?? []
            if given.isEmpty, try node.flag("noop_with_empty_axes", false) { return x }
            let rank = node.rank(x)
            let axes = try given.isEmpty ? Array(0..<rank) : node.axes(given, of: rank).sorted()
            if axes.isEmpty { return x }
            return try reduce(&node, x, axes, try node.flag("keepdims", true))
        }
    }

    private static func argument<Function: ArgFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let x = try node.input(0)
            let axis = try node.axis(try node.int("axis", 0), of: node.rank(x))
            return try node.emit(ArgReduce<Function>(axis: axis, keepDims: try node.flag("keepdims", true)), x)
        }
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
