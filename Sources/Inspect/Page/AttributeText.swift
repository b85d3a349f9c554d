import Formats
import IR

/// Attributes of operators for people.
enum AttributeText {
    /// Entries of a list that are shown.
    private static let mostEntries = 16
    private static let mostCharacters = 200

    /// Much as IR text writes it; long lists and texts end in `…`.
    static func of(_ value: AttributeValue) -> String {
        switch value {
        case .bool(let x): x ? "true" : "false"
        case .int(let x): "\(x)"
        case .float(let x): "\(x)"
        case .string(let x): x.count > mostCharacters ? x.prefix(mostCharacters) + "…" : x
        case .dtype(let x): x.rawValue
        case .dim(let x): x.description
        case .dims(let x): list(x) { $0.description }
        case .floats(let x): list(x) { "\($0)" }
        case .strings(let x): list(x) { of(.string($0)) }
        case .dictionary(let x): list(x.sorted { $0.key < $1.key }) { "\($0.key): \(of($0.value))" }
        case .function(let x): "@" + x
        }
    }

    /// As an ONNX file has it; of tensors and types what they are of, of graphs the name.
    static func of(_ value: ONNXAttribute.Value) -> String {
        func text(_ bytes: [UInt8]) -> String { of(.string(String(decoding: bytes, as: UTF8.self))) }
        return switch value {
        case .float(let x): "\(x)"
        case .int(let x): "\(x)"
        case .string(let x): text(x)
        case .tensor(let x): x.typeText
        case .graph(let x): "graph \(x.name)"
        case .sparse(let x): "sparse \(x.values.typeText)"
        case .type(let x): x.text
        case .floats(let x): list(x) { "\($0)" }
        case .ints(let x): list(x) { "\($0)" }
        case .strings(let x): list(x, text)
        case .tensors(let x): list(x, \.typeText)
        case .graphs(let x): list(x) { "graph \($0.name)" }
        case .reference(let x): "attribute \(x) of the caller"
        case .unknown: "of an unknown kind"
        }
    }

    private static func list<Entry>(_ entries: [Entry], _ text: (Entry) -> String) -> String {
        let shown = entries.prefix(mostEntries).map(text).joined(separator: ", ")
        return "[\(shown)\(entries.count > mostEntries ? ", … \(entries.count) in all" : "")]"
    }
}
