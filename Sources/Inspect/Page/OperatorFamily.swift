import IR

/// Kinds of operators that pictures give one colour each.
enum OperatorFamily: String, CaseIterable {
    case product, attention, normalization, elementwise, reduction, movement, quantization, control, other

    init(_ op: any Operator) {
        let (name, facts) = (type(of: op).opName, op.facts)
        if let known = OperatorFamily(partOf: name) {
            self = known
        } else if !op.calledFunctions.isEmpty {
            self = .control
        } else if facts.contains(.elementwise) {
            self = .elementwise
        } else if facts.contains(.reduction) || name.contains("pool") {
            self = .reduction
        } else {
            let moves = facts.contains(.movement) || facts.contains(.view) || ["gather", "scatter", "pack"].contains { name.contains($0) }
            self = moves ? .movement : .other
        }
    }

    /// Of an operator of an ONNX file, which may be one that is not known here.
    /// - Parameter hasBodies: whether its nodes hold graphs.
    init(onnx opType: String, hasBodies: Bool) {
        let name = opType.lowercased()
        if let known = OperatorFamily(partOf: name) {
            self = known
        } else if hasBodies {
            self = .control
        } else if name.hasPrefix("reduce") || name.contains("pool") {
            self = .reduction
        } else if OperatorFamily.movingONNX.contains(where: { name.hasPrefix($0) }) {
            self = .movement
        } else {
            self = OperatorFamily.elementwiseONNX.contains(name) ? .elementwise : .other
        }
    }

    /// Of names that tell it alone.
    private init?(partOf name: String) {
        func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        if has("attention") {
            self = .attention
        } else if has("linear", "matmul", "gemm", "conv", "gru", "lstm", "rnn") {
            self = .product
        } else if has("norm", "softmax") {
            self = .normalization
        } else if has("quantize") {
            self = .quantization
        } else {
            return nil
        }
    }

    private static let movingONNX = [
        "reshape", "transpose", "slice", "concat", "split", "pad", "expand", "gather", "scatter", "squeeze", "unsqueeze", "flatten", "tile",
        "depthtospace", "spacetodepth",
    ]

    private static let elementwiseONNX: Set<String> = [
        "add", "sub", "mul", "div", "neg", "abs", "sign", "exp", "log", "sqrt", "pow", "erf", "gelu", "relu", "leakyrelu", "prelu", "elu",
        "selu", "sigmoid", "hardsigmoid", "hardswish", "softplus", "tanh", "sin", "cos", "ceil", "floor", "round", "mod", "min", "max",
        "clip", "reciprocal", "where", "cast", "not", "and", "or", "xor", "equal", "less", "greater", "lessorequal", "greaterorequal",
        "isnan", "isinf", "swish", "mish",
    ]

    /// A light colour that black text is read on, of Graphviz's SVG names.
    var color: String {
        switch self {
        case .product: "lightskyblue"
        case .attention: "plum"
        case .normalization: "palegreen"
        case .elementwise: "khaki"
        case .reduction: "lightsalmon"
        case .movement: "gainsboro"
        case .quantization: "lightpink"
        case .control: "thistle"
        case .other: "white"
        }
    }
}
