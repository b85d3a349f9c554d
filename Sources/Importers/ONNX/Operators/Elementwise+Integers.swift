import IR

/// Bits of integers, and integer forms of functions that the IR has for floats.
extension OperatorMapping {
    static let bits: [OperatorMapping] = [
        bitwise("BitwiseAnd", And.self), bitwise("BitwiseOr", Or.self), bitwise("BitwiseXor", Xor.self),
        .one("BitwiseNot") { node in
            let x = try node.input(0)
            return try node.emit(Logical<Xor>(), x, try node.scalar(-1, node.dtype(x)))
        },
        .one("BitShift") { node in
            let operands = try node.aligned([try node.input(0), try node.input(1)])
            switch try node.string("direction", "") {
            case "LEFT": return try node.emit(Shift<ShiftLeft>(), operands)
            case "RIGHT": return try node.emit(Shift<ShiftRight>(), operands)
            default: throw NodeProblem("attribute 'direction' must be 'LEFT' or 'RIGHT'")
            }
        },
        .one("BitCast") { node in
            guard let to = try node.dtypeAttribute("to") else { throw NodeProblem("attribute 'to' is missing") }
            let x = try node.input(0)
            return node.dtype(x) == to ? x : try node.emit(BitCast(to: to), x)
        },
        .one("Mod") { node in
            let (a, b) = (try node.input(0), try node.input(1))
            return try node.flag("fmod", false) ? try node.binary(Rem.self, a, b) : try node.binary(Mod.self, a, b)
        },
        .one("Neg") { node in
            let x = try node.input(0)
            return node.dtype(x).isFloat ? try node.unary(Neg.self, x) : try negated(&node, x)
        },
        .one("Abs") { node in
            let x = try node.input(0)
            if node.dtype(x).isFloat { return try node.unary(Abs.self, x) }
            return node.dtype(x).isSigned ? try node.binary(Maximum.self, x, try negated(&node, x)) : x
        },
        .one("Sign") { node in
            let x = try node.input(0)
            if node.dtype(x).isFloat { return try node.unary(Sign.self, x) }
            let atMost = try node.binary(Minimum.self, x, 1)
            return node.dtype(x).isSigned ? try node.binary(Maximum.self, atMost, -1) : atMost
        },
        .one("Relu") { node in
            let x = try node.input(0)
            return node.dtype(x).isFloat ? try node.unary(Relu.self, x) : try node.binary(Maximum.self, x, 0)
        },
        .one("Pow") { node in
            let (a, b) = try operands(&node)
            return try power(&node, a, b)
        },
    ]

    private static func bitwise<Function: LogicalFunction>(_ name: String, _ function: Function.Type) -> OperatorMapping {
        .one(name) { node in
            let operands = try node.aligned([try node.input(0), try node.input(1)])
            return try node.emit(Logical<Function>(), operands)
        }
    }

    private static func negated(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        try node.binary(Sub.self, try node.scalar(0, node.dtype(x)), x)
    }

    /// The result is of the base's type, whatever the exponent is of.
    private static func power(_ node: inout NodeImport, _ a: ValueID, _ b: ValueID) throws -> ValueID {
        let (base, exponent) = (node.dtype(a), node.dtype(b))
        if base == exponent || base.isFloat { return try node.binary(Pow.self, a, try node.cast(b, to: base)) }
        // Integers are computed in a type that holds both.
        let common: DType = exponent.isFloat ? .f64 : base == .u64 || exponent == .u64 ? .u64 : .i64
        let result = try node.binary(Pow.self, try node.cast(a, to: common), try node.cast(b, to: common))
        return try node.cast(result, to: base)
    }
}
