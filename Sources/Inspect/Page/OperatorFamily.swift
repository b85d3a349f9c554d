import IR

/// Kinds of operators that pictures give one colour each.
enum OperatorFamily: String, CaseIterable {
    case product, attention, normalization, elementwise, reduction, movement, quantization, control, other

    init(_ op: any Operator) {
        let (name, facts) = (type(of: op).opName, op.facts)
        func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        self =
            if has("attention") { .attention } else if has("linear", "matmul", "conv", "gru", "lstm", "rnn") {
                .product
            } else if has("norm", "softmax") { .normalization } else if has("quantize") {
                .quantization
            } else if !op.calledFunctions.isEmpty { .control } else if facts.contains(.elementwise) {
                .elementwise
            } else if facts.contains(.reduction) || has("pool") {
                .reduction
            } else if facts.contains(.movement) || facts.contains(.view) || has("gather", "scatter", "pack") { .movement } else { .other }
    }

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
