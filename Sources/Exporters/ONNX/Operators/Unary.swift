import IR

extension ExportMapping {
    /// Functions of one number that ONNX has under a name of its own.
    private static let names = [
        "neg": "Neg", "abs": "Abs", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "reciprocal": "Reciprocal", "tanh": "Tanh", "erf": "Erf",
        "sigmoid": "Sigmoid", "relu": "Relu", "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
        "sinh": "Sinh", "cosh": "Cosh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh", "floor": "Floor", "ceil": "Ceil",
        "round": "Round", "sign": "Sign", "softplus": "Softplus", "is_nan": "IsNaN",
    ]

    /// Functions that are written out.
    private static let composed = ["rsqrt", "silu", "gelu", "gelu_tanh", "square"]

    static let unary: [ExportMapping] =
        (names.keys.sorted() + composed).map { name in
            .one(name) { node in try node.unary(name, try node.input(0), try node.dtype(0)) }
        } + [
            .one("not") { node in node.emit(try node.bitwise("Not"), try node.input(0)) },
            .one("cast") { node in try cast(node) },
        ]

    /// A float beyond an integer type is its end here, and nothing certain in ONNX: narrow types get a Clip unless what is converted is clipped.
    private static func cast(_ node: NodeExport) throws -> String {
        let (op, from) = (try node.op(Cast.self), try node.dtype(0))
        var x = try node.input(0)
        guard from != op.to else { return node.emit("Identity", x) }
        if from.isFloat, op.to.isInteger, op.to.bits <= 16, !node.isClipped(0) {
            let range = op.to.integerRange(as: Int.self)
            x = node.emit("Clip", x, node.number(Double(range.lowerBound), from), node.number(Double(range.upperBound), from))
        }
        guard op.saturate else { return node.emit("Cast", [x], [.int("to", op.to.onnxNumber), .int("saturate", 0)]) }
        return node.cast(x, from: from, to: op.to)
    }

    fileprivate static func onnxName(ofUnary name: String) -> String? { names[name] }
}

extension NodeExport {
    /// The function of one number called `name` (as the operator is), of a value with elements of `dtype`.
    func unary(_ name: String, _ x: String, _ dtype: DType) throws -> String {
        if let known = ExportMapping.onnxName(ofUnary: name) { return emit(known, x) }
        switch name {
        case "rsqrt": return emit("Reciprocal", emit("Sqrt", x))
        case "square": return emit("Mul", x, x)
        case "silu": return emit("Mul", x, emit("Sigmoid", x))
        case "gelu": return gelu(x, dtype)
        case "gelu_tanh": return geluTanh(x, dtype)
        default: throw ExportProblem("standard ONNX has no function '\(name)'")
        }
    }

    /// x · (1 + erf(x / √2)) / 2
    private func gelu(_ x: String, _ dtype: DType) -> String {
        if opset >= 20 { return emit("Gelu", x) }
        let erf = emit("Erf", emit("Div", x, number(2.0.squareRoot(), dtype)))
        return emit("Mul", emit("Mul", x, emit("Add", erf, number(1, dtype))), number(0.5, dtype))
    }

    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
    private func geluTanh(_ x: String, _ dtype: DType) -> String {
        if opset >= 20 { return emit("Gelu", [x], [.text("approximate", "tanh")]) }
        let cubic = emit("Mul", emit("Mul", emit("Mul", x, x), x), number(0.044715, dtype))
        let inner = emit("Mul", emit("Add", x, cubic), number((2 / Double.pi).squareRoot(), dtype))
        return emit("Mul", emit("Mul", x, emit("Add", emit("Tanh", inner), number(1, dtype))), number(0.5, dtype))
    }

    /// Whether operand `index` is the smaller or the larger of two.
    fileprivate func isClipped(_ index: Int) -> Bool {
        guard let producer = operand(index).flatMap({ scope.graph.producer(of: $0) }) else { return false }
        return producer.op is Binary<Minimum> || producer.op is Binary<Maximum>
    }

    /// What a fused operator applies to its sum.
    func activation(_ activation: Activation, _ x: String, _ dtype: DType) throws -> String {
        activation == .none ? x : try unary(activation.rawValue, x, dtype)
    }
}
