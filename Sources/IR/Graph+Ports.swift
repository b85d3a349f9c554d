extension Graph {
    /// `tokens: f32[batch, tokens, 128]`, one entry for each input.
    package var inputList: [(name: String, type: TensorType)] { inputs.map { (inputName(of: $0) ?? "", type(of: $0)) } }

    package var outputList: [(name: String, type: TensorType)] { outputs.map { ($0.name, type(of: $0.value)) } }

    /// Names of the sizes that inputs, operators and outputs leave open.
    package var symbols: Set<String> {
        var found: Set<String> = []
        let types = (inputList + outputList).map(\.type) + nodes.flatMap { $0.outputs.map { type(of: $0) } }
        for type in types { for dim in type.shape { found.formUnion(dim.symbols) } }
        for node in nodes { for value in node.op.attributes.values { found.formUnion(value.symbols) } }
        return found
    }
}

extension AttributeValue {
    fileprivate var symbols: Set<String> {
        switch self {
        case .dim(let dim): dim.symbols
        case .dims(let dims): dims.reduce(into: []) { $0.formUnion($1.symbols) }
        default: []
        }
    }
}
