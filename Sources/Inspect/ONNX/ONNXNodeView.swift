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
    package private(set) var inputs, outputs: [Port]
    package private(set) var attributes: [Attribute]
    package private(set) var docString: String?
    package private(set) var metadata: [String: String]
    /// Operands, results, attributes and entries of ``metadata`` that ``shortened`` left out; nil for none.
    package private(set) var leftOut: Int?
    /// Functions of the model's own in which it stands, the outermost first.
    package let functions: [String]
    /// Address of the page that describes the operator.
    package let page: String?

    package init(_ source: ONNXSourceNode) {
        let node = source.node
        let schema = ONNXOperatorSchema.find(node.domain, node.opType, source.version)
        (op, version, name) = (node.operatorTitle, source.version, node.name)
        domain = node.domain.isEmpty ? "ai.onnx" : node.domain
        inputs = node.inputs.enumerated().map { Port(role: schema?.inputRole($0), name: $1) }
        outputs = node.outputs.enumerated().map { Port(role: schema?.outputRole($0), name: $1) }
        attributes = ONNXNodeView.attributes(node, schema)
        docString = node.doc.isEmpty ? nil : node.doc
        (metadata, functions) = (node.metadata, source.functions)
        page = schema == nil ? nil : ONNXOperatorSchema.page(node.domain, node.opType)
    }

    /// Entries of each kind that ``shortened`` has.
    private static let mostEntries = 100
    private static let mostMetadata = 16
    private static let mostCharacters = 2000

    /// With texts of at most 2000 characters, 16 entries of metadata and 100 operands, results and attributes, for pages.
    package var shortened: ONNXNodeView {
        var made = self
        made.docString = docString.map(ONNXNodeView.short)
        (made.inputs, made.outputs) = (Array(inputs.prefix(Self.mostEntries)), Array(outputs.prefix(Self.mostEntries)))
        made.attributes = Array(attributes.prefix(Self.mostEntries))
        let kept = metadata.sorted { $0.key < $1.key }.prefix(Self.mostMetadata).map { ($0.key, ONNXNodeView.short($0.value)) }
        made.metadata = Dictionary(kept, uniquingKeysWith: { first, _ in first })
        let left = entryCount - made.entryCount
        made.leftOut = left > 0 ? left : nil
        return made
    }

    private static func short(_ text: String) -> String {
        text.count > mostCharacters ? text.prefix(mostCharacters) + "…" : text
    }

    private var entryCount: Int { inputs.count + outputs.count + attributes.count + metadata.count }

    /// Those of the file in its order, then those that the operator has defaults for.
    private static func attributes(_ node: ONNXNode, _ schema: ONNXOperatorSchema?) -> [Attribute] {
        let given = node.attributes.map { Attribute(name: $0.name, value: AttributeText.of($0.value), isDefault: false) }
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
