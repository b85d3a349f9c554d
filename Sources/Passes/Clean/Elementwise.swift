/// Operators with one result whose elements depend only on the operands' elements at the same (broadcast) index.
enum Elementwise {
    static let unary: Set<String> = [
        "neg", "abs", "exp", "log", "sqrt", "rsqrt", "reciprocal", "tanh", "erf", "sigmoid", "silu", "gelu",
        "gelu_tanh", "relu", "sin", "cos", "floor", "ceil", "round", "square", "sign", "softplus", "is_nan", "not", "cast",
    ]

    static let binary: Set<String> = [
        "add", "sub", "mul", "div", "min", "max", "pow", "mod", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "xor",
    ]

    static func contains(_ opName: String) -> Bool {
        unary.contains(opName) || binary.contains(opName) || opName == "where"
    }
}
