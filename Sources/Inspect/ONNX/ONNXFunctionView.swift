import Formats
import IR

/// A function of an ONNX model's own as reports show it; the shape of its JSON.
package struct ONNXFunctionView: Encodable, Sendable {
    package let name: String
    /// `ai.onnx` is the default one.
    package let domain: String
    /// What tells it apart from others of its name; nil for nothing.
    package let overload: String?
    package let inputs, outputs: [String]
    package let attributes: [String]
    /// Nodes in it, without those of bodies.
    package let nodes: Int
    package let docString: String?

    package init(_ function: ONNXFunction) {
        (name, domain) = (function.name, function.domain.isEmpty ? "ai.onnx" : function.domain)
        overload = function.overload.isEmpty ? nil : function.overload
        (inputs, outputs) = (function.inputs, function.outputs)
        attributes = function.attributes + function.defaults.map(\.name)
        nodes = function.nodes.count
        docString = function.doc.isEmpty ? nil : function.doc
    }

    /// From a module's metadata.
    init?(_ facts: MetadataReader?) {
        guard let facts, let name = facts.string("name") else { return nil }
        self.name = name
        (domain, overload, docString) = (facts.string("domain") ?? "", facts.string("overload"), facts.string("doc_string"))
        inputs = facts.strings("inputs") ?? []
        outputs = facts.strings("outputs") ?? []
        attributes = facts.strings("attributes") ?? []
        nodes = facts.int("nodes") ?? 0
    }

    /// For people: `org.example.Swish(x; beta) -> y, 2 nodes: smooth`.
    package var text: String {
        let title = (domain == "ai.onnx" ? "" : domain + ".") + name + (overload.map { ":" + $0 } ?? "")
        let operands = inputs.joined(separator: ", ") + (attributes.isEmpty ? "" : "; " + attributes.joined(separator: ", "))
        let signature = DocText.line("\(title)(\(operands)) -> \(outputs.joined(separator: ", "))")
        return "\(signature), \(nodes) node\(nodes == 1 ? "" : "s")\(docString.map { ": " + DocText.line($0) } ?? "")"
    }

    /// Titles and values, by name; all but the first without a title.
    static func rows(_ functions: MetadataReader) -> [[String]] {
        functions.fields.keys.sorted().compactMap { ONNXFunctionView(functions.section($0)) }.enumerated().map { index, function in
            [index == 0 ? "functions" : "", function.text]
        }
    }
}
