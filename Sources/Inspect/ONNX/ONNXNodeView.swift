import Formats
import IR
import Importers

/// An ONNX node as reports show it; the shape of its JSON.
package struct ONNXNodeView: Encodable, Sendable {
    /// An operand or a result.
    package struct Port: Encodable, Sendable, Equatable {
        /// What it is to the operator, such as `X`; nil where that is not known.
        package let role: String?
        /// The file's name of the value; "" for an operand that is left out.
        package let name: String
    }

    package struct Attribute: Encodable, Sendable, Equatable {
        package let name, value: String
        /// Whether the file leaves it out, so that the value is the operator's default.
        package let isDefault: Bool
    }

    /// `Conv`, `com.microsoft.Gelu`
    package let op: String
    /// `ai.onnx` is the default one.
    package let domain: String
    /// Of the operator set.
    package let version: Int
    /// "" where the file gives none.
    package let name: String
    package let inputs, outputs: [Port]
    package let attributes: [Attribute]
    package private(set) var docString: String?
    package private(set) var metadata: [String: String]
    /// Functions of the model's own in which it stands, the outermost first.
    package let functions: [String]
    /// Address of the page that describes the operator.
    package let page: String?

    package init(_ source: ONNXSourceNode) {
        let node = source.node
        let schema = ONNXOperatorSchema.find(node.domain, node.opType, source.version)
        (op, version, name) = (source.opTitle, source.version, node.name)
        domain = node.domain.isEmpty ? "ai.onnx" : node.domain
        inputs = node.inputs.enumerated().map { Port(role: schema?.inputRole($0), name: $1) }
        outputs = node.outputs.enumerated().map { Port(role: schema?.outputRole($0), name: $1) }
        attributes = ONNXNodeView.attributes(node, schema)
        docString = node.doc.isEmpty ? nil : node.doc
        (metadata, functions) = (node.metadata, source.functions)
        page = schema == nil ? nil : ONNXOperatorSchema.page(node.domain, node.opType)
    }

    /// With texts of at most 2000 characters, for pages.
    package var shortened: ONNXNodeView {
        func short(_ text: String) -> String { text.count > 2000 ? text.prefix(2000) + "…" : text }
        var made = self
        made.docString = docString.map(short)
        made.metadata = metadata.mapValues(short)
        return made
    }

    /// Those of the file in its order, then those that the operator has defaults for.
    private static func attributes(_ node: ONNXNode, _ schema: ONNXOperatorSchema?) -> [Attribute] {
        let given = node.attributes.map { Attribute(name: $0.name, value: ONNXAttributeText.of($0.value), isDefault: false) }
        let names = Set(given.map(\.name))
        let rest = (schema?.attributes ?? []).compactMap { one in
            names.contains(one.name) ? nil : one.standard.map { Attribute(name: one.name, value: $0, isDefault: true) }
        }
        return given + rest
    }

    /// `Conv 'conv1'`; nodes without a name are called by their first result.
    package var title: String {
        let own = name.isEmpty ? outputs.first { !$0.name.isEmpty }?.name ?? "" : name
        return own.isEmpty ? op : "\(op) '\(own)'"
    }
}

/// Values of attributes of ONNX nodes for people.
enum ONNXAttributeText {
    private static let mostEntries = 16

    static func of(_ value: ONNXAttribute.Value) -> String {
        switch value {
        case .float(let x): number(x)
        case .int(let x): "\(x)"
        case .string(let bytes): "\"\(DocText.line(String(decoding: bytes, as: UTF8.self)))\""
        case .tensor(let tensor): of(tensor)
        case .graph(let graph): of(graph)
        case .sparse(let tensor): "sparse \(DType.onnxName(tensor.values.elementType))\(tensor.shape)"
        case .type(let type): type.text
        case .floats(let list): of(list, number)
        case .ints(let list): of(list) { "\($0)" }
        case .strings(let list): of(list) { "\"\(DocText.line(String(decoding: $0, as: UTF8.self)))\"" }
        case .tensors(let list): of(list, of)
        case .graphs(let list): of(list, of)
        case .reference(let name): "that of '\(name)' of the function's caller"
        case .unknown: "of a kind that is not known"
        }
    }

    private static func number(_ value: Float) -> String { value == value.rounded() && abs(value) < 1e7 ? "\(Int(value))" : "\(value)" }

    private static func of(_ graph: ONNXGraph) -> String { "graph of \(graph.nodes.count) nodes" }

    /// With the numbers of small ones.
    private static func of(_ tensor: ONNXTensor) -> String {
        let type = "\(DType.onnxName(tensor.elementType))\(tensor.shape)"
        guard let count = Tensor.elementCount(tensor.shape), count <= mostEntries, let value = try? tensor.value(file: "") else {
            return type
        }
        if value.dtype == .string { return type + " " + of(value.strings) { "\"\(DocText.line($0))\"" } }
        return type + " " + (value.dtype.isInteger ? of(value.integers) { "\($0)" } : of(value.doubles) { number(Float($0)) })
    }

    private static func of<Entry>(_ entries: [Entry], _ text: (Entry) -> String) -> String {
        let shown = entries.prefix(mostEntries).map(text).joined(separator: ", ")
        return "[\(shown)\(entries.count > mostEntries ? ", … \(entries.count) in all" : "")]"
    }
}
