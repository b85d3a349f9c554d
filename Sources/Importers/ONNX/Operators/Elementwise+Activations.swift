import IR

/// Activations that are compositions of simpler functions.
extension OperatorMapping {
    static let activations: [OperatorMapping] = [
        .one("Elu") { node in try exponential(&node, alpha: try node.float("alpha", 1)) },
        .one("Celu") { node in
            let alpha = try node.float("alpha", 1)
            return try exponential(&node, alpha: alpha, width: alpha)
        },
        .one("Selu") { node in
            // Before version 6 the defaults had fewer digits.
            let alpha = try node.float("alpha", node.version < 6 ? 1.6732 : 1.67326319217681884765625)
            let gamma = try node.float("gamma", node.version < 6 ? 1.0507 : 1.05070102214813232421875)
            return try exponential(&node, alpha: alpha * gamma, slope: gamma)
        },
        .one("PRelu") { node in
            let (x, slope) = (try node.input(0), try slope(&node))
            return try node.choose(try node.compare(Less.self, x, 0), try node.binary(Mul.self, slope, x), x)
        },
        .one("Mish") { node in
            try widened(&node) { try $0.binary(Mul.self, $1, try $0.unary(Tanh.self, try $0.unary(Softplus.self, $1))) }
        },
        .one("Softsign") { node in
            try widened(&node) { try $0.binary(Div.self, $1, try $0.binary(Add.self, try $0.unary(Abs.self, $1), 1)) }
        },
        .one("Shrink") { node in try shrink(&node) },
        .one("ThresholdedRelu") { node in
            let x = try node.input(0)
            let isAbove = try node.compare(Greater.self, x, try node.float("alpha", 1))
            return try node.choose(isAbove, x, try node.scalar(0, node.dtype(x)))
        },
        .one("Swish") { node in
            let x = try node.input(0)
            return try swish(&node, x, alpha: try node.float("alpha", 1))
        },
        .one("SwiGLU") { node in
            let gate = try swish(&node, try node.input(0), alpha: try node.float("alpha", 1))
            return try node.binary(Mul.self, gate, try node.input(1))
        },
        .one("QuickGelu", domain: microsoftDomain) { node in
            try swish(&node, try node.input(0), alpha: try node.float("alpha", 1.702))
        },
        .one("ScaledTanh") { node in
            let x = try node.input(0)
            let inner = try node.unary(Tanh.self, try node.binary(Mul.self, x, try node.float("beta", 0)))
            return try node.binary(Mul.self, inner, try node.float("alpha", 0))
        },
        .one("ParametricSoftplus") { node in
            let x = try node.input(0)
            let inner = try node.unary(Softplus.self, try node.binary(Mul.self, x, try node.float("beta", 0)))
            return try node.binary(Mul.self, inner, try node.float("alpha", 0))
        },
    ]

    static let microsoftDomain = "com.microsoft"

    /// `body` of the first input in f32 where that has 16 bits, so that what stands between is not rounded.
    static func widened(
        _ node: inout NodeImport, _ body: (inout NodeImport, ValueID) throws -> ValueID
    ) throws -> ValueID {
        try widened(&node, try node.input(0), body)
    }

    static func widened(
        _ node: inout NodeImport, _ x: ValueID, _ body: (inout NodeImport, ValueID) throws -> ValueID
    ) throws -> ValueID {
        let dtype = node.dtype(x)
        guard dtype == .f16 || dtype == .bf16 else { return try body(&node, x) }
        return try node.cast(try body(&node, try node.cast(x, to: .f32)), to: dtype)
    }

    /// slope · x from 0 on, alpha · (e^(x / width) - 1) below.
    private static func exponential(
        _ node: inout NodeImport, alpha: Double, width: Double = 1, slope: Double = 1
    ) throws -> ValueID {
        try widened(&node) { node, x in
            let scaled = width == 1 ? x : try node.binary(Div.self, x, width)
            let below = try node.binary(Mul.self, try node.binary(Sub.self, try node.unary(Exp.self, scaled), 1), alpha)
            let above = slope == 1 ? x : try node.binary(Mul.self, x, slope)
            return try node.choose(try node.compare(Less.self, x, 0), below, above)
        }
    }

    static func swish(_ node: inout NodeImport, _ x: ValueID, alpha: Double) throws -> ValueID {
        if alpha == 1 { return try node.unary(Silu.self, x) }
        return try widened(&node, x) { node, x in
            try node.binary(Mul.self, x, try node.unary(Sigmoid.self, try node.binary(Mul.self, x, alpha)))
        }
    }

    /// Before version 7 a slope of one dimension stood for the channels, dimension 1 of x.
    private static func slope(_ node: inout NodeImport) throws -> ValueID {
        let (rank, slope) = (node.rank(try node.input(0)), try node.input(1))
        guard node.version < 7, node.rank(slope) == 1, rank > 2 else { return slope }
        return try node.reshape(slope, node.shape(slope) + [Dim](repeating: 1, count: rank - 2))
    }

    private static func shrink(_ node: inout NodeImport) throws -> ValueID {
        let input = try node.input(0)
        let dtype = node.dtype(input)
        let (bias, limit) = (try node.float("bias", 0), try node.float("lambd", 0.5))
        // The limits are floats whatever x is.
        let x = dtype.isFloat ? input : try node.cast(input, to: .f64)
        let (raised, lowered) = (try node.binary(Add.self, x, bias), try node.binary(Sub.self, x, bias))
        let above = try node.choose(try node.compare(Greater.self, x, limit), lowered, try node.scalar(0, node.dtype(x)))
        return try node.cast(try node.choose(try node.compare(Less.self, x, -limit), raised, above), to: dtype)
    }
}
