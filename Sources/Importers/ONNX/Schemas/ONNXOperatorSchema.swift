/// What the ONNX operator sets say of an operator in a version: roles of operands and results, and attributes.
package struct ONNXOperatorSchema: Sendable {
    package struct Attribute: Sendable, Hashable {
        package let name: String
        package let isRequired: Bool
        /// As text; nil for none.
        package let standard: String?
    }

    /// Of an operand or a result.
    struct Role: Sendable, Hashable {
        let name: String
        /// Whether all from here on have it.
        let isRepeated: Bool
    }

    let inputs: [Role]
    let outputs: [Role]
    /// In the order of their names.
    package let attributes: [Attribute]

    /// `X`; `inputs[2]` of operands that are a list; nil for one that the operator does not have.
    package func inputRole(_ index: Int) -> String? { ONNXOperatorSchema.role(index, inputs) }

    /// The same of a result.
    package func outputRole(_ index: Int) -> String? { ONNXOperatorSchema.role(index, outputs) }

    private static func role(_ index: Int, _ roles: [Role]) -> String? {
        guard index >= 0, let last = roles.last else { return nil }
        if index < roles.count, !roles[index].isRepeated { return roles[index].name }
        return last.isRepeated && index >= roles.count - 1 ? "\(last.name)[\(index - roles.count + 1)]" : nil
    }

    /// Of an operator, `domain` "" for the default one, in `version` of its set; nil where that is not known.
    package static func find(_ domain: String, _ name: String, _ version: Int) -> ONNXOperatorSchema? {
        table[domain.isEmpty ? name : "\(domain):\(name)"]?.last { $0.since <= version }?.schema
    }

    /// The page that describes an operator; nil for domains of which no pages are known.
    package static func page(_ domain: String, _ name: String) -> String? {
        switch domain {
        case "": "https://onnx.ai/onnx/operators/onnx__\(name).html"
        case "com.microsoft": "https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.\(name)"
        case let other where other.hasPrefix("ai.onnx."):
            "https://onnx.ai/onnx/operators/onnx_\(other.filter { $0 != "." })_\(name).html"
        default: nil
        }
    }

    /// By name with domain, the oldest version first.
    private static let table: [String: [(since: Int, schema: ONNXOperatorSchema)]] = {
        var table: [String: [(since: Int, schema: ONNXOperatorSchema)]] = [:]
        for part in facts {
            for line in part.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                guard words.count == 3, let since = Int(words[1]) else { continue }
                table[words[0], default: []].append((since, ONNXOperatorSchema(words[2])))
            }
        }
        return table
    }()

    /// `X W B? -> Y : group=1 pads to!`, as `Scripts/onnx-schemas.py` writes it: `?` is optional, `*` a list, `!` required.
    private init(_ text: String) {
        var parts: [[Substring]] = [[], [], []]
        var place = 0
        for word in text.split(separator: " ") {
            switch word {
            case "->": place = 1
            case ":": place = 2
            default: parts[place].append(word)
            }
        }
        inputs = parts[0].map { ONNXOperatorSchema.role($0) }
        outputs = parts[1].map { ONNXOperatorSchema.role($0) }
        attributes = parts[2].map { word in
            let halves = word.split(separator: "=", maxSplits: 1).map(String.init)
            let isRequired = word.last == "!" && halves.count == 1
            return Attribute(
                name: isRequired ? String(word.dropLast()) : halves[0], isRequired: isRequired, standard: halves.count > 1 ? halves[1] : nil
            )
        }
    }

    private static func role(_ word: Substring) -> Role {
        guard let last = word.last, last == "?" || last == "*" else { return Role(name: String(word), isRepeated: false) }
        return Role(name: String(word.dropLast()), isRepeated: last == "*")
    }
}
