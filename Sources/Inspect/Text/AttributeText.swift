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

    /// As an ONNX file has it; of graphs the number of nodes.
    static func of(_ value: ONNXAttribute.Value) -> String {
        switch value {
        case .float(let x): number(x)
        case .int(let x): "\(x)"
        case .string(let x): quoted(x)
        case .tensor(let x): of(x)
        case .graph(let x): of(x)
        case .sparse(let x): "sparse \(DType.onnxName(x.values.elementType))\(x.shape)"
        case .type(let x): x.text
        case .floats(let x): list(x, number)
        case .ints(let x): list(x) { "\($0)" }
        case .strings(let x): list(x, quoted)
        case .tensors(let x): list(x, of)
        case .graphs(let x): list(x, of)
        case .reference(let x): "that of '\(x)' of the function's caller"
        case .unknown: "of a kind that is not known"
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> String { "\"\(DocText.line(String(decoding: bytes, as: UTF8.self)))\"" }

    private static func number(_ value: Float) -> String { value == value.rounded() && abs(value) < 1e7 ? "\(Int(value))" : "\(value)" }

    private static func of(_ graph: ONNXGraph) -> String { "graph of \(graph.nodes.count) nodes" }

    /// With the numbers of small ones; those in other files are not looked at.
    private static func of(_ tensor: ONNXTensor) -> String {
        if case .external = tensor.data { return tensor.typeText }
        guard let count = Tensor.elementCount(tensor.shape), count <= mostEntries, let value = try? tensor.value(file: "") else {
            return tensor.typeText
        }
        if value.dtype == .string { return tensor.typeText + " " + list(value.strings) { "\"\(DocText.line($0))\"" } }
        return tensor.typeText + " "
            + (value.dtype.isInteger ? list(value.integers) { "\($0)" } : list(value.doubles) { number(Float($0)) })
    }

    private static func list<Entry>(_ entries: [Entry], _ text: (Entry) -> String) -> String {
        let shown = entries.prefix(mostEntries).map(text).joined(separator: ", ")
        return "[\(shown)\(entries.count > mostEntries ? ", … \(entries.count) in all" : "")]"
    }
}
