import IR

extension OperatorMapping {
    static let reductions: [OperatorMapping] =
        searches + softmaxes + [
            plain("ReduceSum", axesInputSince: 13) { try sum(&$0, $1, $2, $3) },
            plain("ReduceMean", axesInputSince: 18) { node, x, axes, keepDims in
                if node.dtype(x).isFloat { return try node.reduce(ReduceMean.self, x, axes, keepDims: keepDims) }
                let count = try node.vector([axes.map { node.shape(x)[$0] }.reduce(1, *)])
                let divisor = try node.cast(try node.reshape(count, []), to: node.dtype(x))
                return try node.binary(Div.self, try sum(&node, x, axes, keepDims), divisor)
            },
            plain("ReduceProd", axesInputSince: 18) { try $0.reduce(ReduceProd.self, $1, $2, keepDims: $3) },
            plain("ReduceMax", axesInputSince: 18) { node, x, axes, keepDims in
                if node.dtype(x) == .bool { return try node.reduce(ReduceAny.self, x, axes, keepDims: keepDims) }
                return try node.reduce(ReduceMax.self, x, axes, keepDims: keepDims)
            },
            plain("ReduceMin", axesInputSince: 18) { node, x, axes, keepDims in
                if node.dtype(x) == .bool { return try node.reduce(ReduceAll.self, x, axes, keepDims: keepDims) }
                return try node.reduce(ReduceMin.self, x, axes, keepDims: keepDims)
            },
            composed("ReduceL1") { node, x, axes, keepDims in
                try sum(&node, node.dtype(x).isFloat ? try node.unary(Abs.self, x) : try absolute(&node, x), axes, keepDims)
            },
            composed("ReduceL2") { node, x, axes, keepDims in
                try inFloats(&node, x) { node, x in
                    try node.unary(Sqrt.self, try sum(&node, try node.binary(Mul.self, x, x), axes, keepDims))
                }
            },
            composed("ReduceSumSquare") { node, x, axes, keepDims in
                try sum(&node, try node.binary(Mul.self, x, x), axes, keepDims)
            },
            composed("ReduceLogSum") { node, x, axes, keepDims in
                try inFloats(&node, x) { node, x in try node.unary(Log.self, try sum(&node, x, axes, keepDims)) }
            },
            composed("ReduceLogSumExp") { node, x, axes, keepDims in
                try inFloats(&node, x) { node, x in try logSumExp(&node, x, axes, keepDims) }
            },
        ]

    typealias Reduction = @Sendable (inout NodeImport, ValueID, [Int], Bool) throws -> ValueID

    /// A reduction of `axes`, all of them by default; x itself if `noop_with_empty_axes` says so and there are none.
    static func plain(_ name: String, axesInputSince version: Int, _ reduce: @escaping Reduction) -> OperatorMapping {
        .one(name) { node in
            guard let axes = try reducedAxes(&node, version), !axes.isEmpty else { return try node.input(0) }
            return try reduce(&node, try node.input(0), axes, try node.flag("keepdims", true))
        }
    }

    /// The same for a reduction that computes with each element too, even over no axes.
    private static func composed(_ name: String, _ reduce: @escaping Reduction) -> OperatorMapping {
        .one(name) { node in
            try reduce(&node, try node.input(0), try reducedAxes(&node, 18) ?? [], try node.flag("keepdims", true))
        }
    }

    /// nil: none, because `noop_with_empty_axes` says so.
    private static func reducedAxes(_ node: inout NodeImport, _ version: Int) throws -> [Int]? {
        let given = try node.ints("axes", before: version, input: 1) ?? []
        if given.isEmpty, try node.flag("noop_with_empty_axes", false) { return nil }
        let rank = node.rank(try node.input(0))
        return try given.isEmpty ? Array(0..<rank) : Set(node.axes(given, of: rank)).sorted()
    }

    private static func sum(_ node: inout NodeImport, _ x: ValueID, _ axes: [Int], _ keepDims: Bool) throws -> ValueID {
        axes.isEmpty ? x : try node.reduce(ReduceSum.self, x, axes, keepDims: keepDims)
    }

    private static func absolute(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        guard node.dtype(x).isSigned else { return x }
        return try node.binary(Maximum.self, x, try node.binary(Sub.self, try node.scalar(0, node.dtype(x)), x))
    }

    /// Integers as f64, 16-bit floats as f32, and the result as x again.
    private static func inFloats(
        _ node: inout NodeImport, _ x: ValueID, _ body: (inout NodeImport, ValueID) throws -> ValueID
    ) throws -> ValueID {
        let dtype = node.dtype(x)
        if dtype.isFloat { return try widened(&node, x, body) }
        return try node.cast(try body(&node, try node.cast(x, to: .f64)), to: dtype)
    }

    /// log Σ e^(x - m) + m, with the largest element for m, or 0 where that is infinite.
    private static func logSumExp(_ node: inout NodeImport, _ x: ValueID, _ axes: [Int], _ keepDims: Bool) throws -> ValueID {
        if axes.isEmpty { return x }
        let largest = try node.reduce(ReduceMax.self, x, axes, keepDims: true)
        let isInfinite = try node.compare(Equal.self, try node.unary(Abs.self, largest), .infinity)
        let shift = try node.choose(isInfinite, try node.scalar(0, node.dtype(x)), largest)
        let terms = try node.unary(Exp.self, try node.binary(Sub.self, x, shift))
        let logarithm = try node.unary(Log.self, try node.reduce(ReduceSum.self, terms, axes, keepDims: true))
        let result = try node.binary(Add.self, logarithm, shift)
        if keepDims { return result }
        let shape = node.shape(x)
        return try node.reshape(result, shape.indices.filter { !axes.contains($0) }.map { shape[$0] })
    }
}
