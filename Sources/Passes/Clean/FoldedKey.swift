import IR

/// Keys of folded constants: what they were made from and how, so that equal keys mean equal contents.
enum FoldedKey {
    /// One key for each result of `node`, whose operands are the constants `keys`.
    static func names(of node: Node, from keys: [String]) -> [String] {
        var text = "\(keys.first ?? "")#\(node.opName)"
        let present = node.inputs.map { $0 == nil ? "_" : "" }.joined(separator: ".")
        let others = keys.dropFirst().map { "@" + $0 } + (present.contains("_") ? [present] : [])
        let fields = node.op.attributes.sorted { $0.key < $1.key }.map { field(node.opName, $0.key, $0.value) }
        let arguments = others + fields
        if !arguments.isEmpty { text += "(\(arguments.joined(separator: ",")))" }
        return node.outputs.count == 1 ? [text] : node.outputs.indices.map { "\(text).\($0)" }
    }

    /// The value alone where the operator has one field of note.
    private static func field(_ opName: String, _ key: String, _ value: AttributeValue) -> String {
        let text = text(value)
        return ["cast", "transpose", "reshape", "expand"].contains(opName) ? text : "\(key)=\(text)"
    }

    /// Different for different bits.
    private static func number(_ value: Double) -> String { value.isNaN ? "nan\(value.bitPattern)" : "\(value)" }

    private static func text(_ value: AttributeValue) -> String {
        switch value {
        case .bool(let x): "\(x)"
        case .int(let x): "\(x)"
        case .float(let x): number(x)
        case .string(let x): x
        case .dtype(let x): x.rawValue
        case .dim(let x): x.description
        case .dims(let x): x.map(\.description).joined(separator: ",")
        case .floats(let x): x.map(number).joined(separator: ",")
        case .strings(let x): x.joined(separator: ",")
        case .dictionary(let x):
            x.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(separator: ",")
        case .function(let x): x
        }
    }
}
