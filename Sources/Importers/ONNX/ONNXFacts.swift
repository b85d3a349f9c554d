import Formats
import IR

/// What an ONNX file says of itself, for people.
enum ONNXFacts {
    static func metadata(of model: ONNXModel) -> Attributes {
        var facts: Attributes = ["ir_version": .int(model.irVersion)]
        if let producer = model.producerText { facts["producer"] = .string(producer) }
        facts["opsets"] = .strings(model.opsets.sorted { $0.key < $1.key }.map { "\($0.key.isEmpty ? "ai.onnx" : $0.key) \($0.value)" })
        let counts = Dictionary(model.operatorCounts.map { ($0.title, $0.nodes) }, uniquingKeysWith: +)
        facts["operators"] = .strings(counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" })
        if !model.metadata.isEmpty { facts["properties"] = .dictionary(model.metadata.mapValues { .string($0) }) }
        // `domain` is what image tokenizers are of.
        if !model.domain.isEmpty { facts["model_domain"] = .string(model.domain) }
        if let version = model.modelVersion { facts["model_version"] = .int(version) }
        if !model.doc.isEmpty { facts["doc_string"] = .string(model.doc) }
        if !model.graph.doc.isEmpty { facts[.functions] = .dictionary([ONNXImporter.functionName: .string(model.graph.doc)]) }
        let values = (model.graph.inputs + model.graph.outputs).filter { !$0.doc.isEmpty }
        let docs = Dictionary(values.map { ($0.name, AttributeValue.string($0.doc)) }, uniquingKeysWith: { first, _ in first })
        if !docs.isEmpty { facts["value_docs"] = .dictionary(docs) }
        let denotations = Dictionary(
            (model.graph.inputs + model.graph.outputs).filter(\.isDenoted).map {
                ($0.name, AttributeValue.strings([$0.denotation] + $0.dimensionDenotations))
            }, uniquingKeysWith: { first, _ in first })
        if !denotations.isEmpty { facts["value_denotations"] = .dictionary(denotations) }
        let functions = Dictionary(model.functions.map { ($0.title, function($0)) }, uniquingKeysWith: { first, _ in first })
        if !functions.isEmpty { facts["onnx_functions"] = .dictionary(functions) }
        let annotations = model.graph.quantization.mapValues { AttributeValue.dictionary($0.mapValues { .string($0) }) }
        if !annotations.isEmpty { facts["quantization_annotations"] = .dictionary(annotations) }
        return facts
    }

    private static func function(_ function: ONNXFunction) -> AttributeValue {
        var facts: Attributes = [
            "name": .string(function.name), "domain": .string(function.domain.isEmpty ? "ai.onnx" : function.domain),
            "inputs": .strings(function.inputs), "outputs": .strings(function.outputs), "nodes": .int(function.nodes.count),
        ]
        let attributes = function.attributes + function.defaults.map(\.name)
        if !attributes.isEmpty { facts["attributes"] = .strings(attributes) }
        if !function.overload.isEmpty { facts["overload"] = .string(function.overload) }
        if !function.doc.isEmpty { facts["doc_string"] = .string(function.doc) }
        return .dictionary(facts)
    }
}

extension ONNXModel {
    /// Name and version of what wrote the file; nil where it does not say.
    package var producerText: String? {
        let text = [producer, producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        return text.isEmpty ? nil : text
    }

    /// Nodes of each operator, those in bodies and functions too, in no order.
    package var operatorCounts: [ONNXOperatorCount] {
        var counts: [ONNXOperatorCount.Key: Int] = [:]
        ONNXOperatorCount.count(graph.nodes, opsets, &counts)
        for function in functions { ONNXOperatorCount.count(function.nodes, function.opsets.merging(opsets) { own, _ in own }, &counts) }
        return counts.map { ONNXOperatorCount(domain: $0.key.domain, name: $0.key.name, version: $0.key.version, nodes: $0.value) }
    }
}

/// How often an ONNX file has an operator.
package struct ONNXOperatorCount: Sendable, Hashable {
    /// "" for the default one.
    package let domain: String
    package let name: String
    /// Of the operator set that its nodes are of.
    package let version: Int
    package let nodes: Int

    /// `Conv`, `com.microsoft.Gelu`
    package var title: String { domain.isEmpty ? name : "\(domain).\(name)" }

    struct Key: Hashable {
        let domain, name: String
        let version: Int
    }

    static func count(_ nodes: [ONNXNode], _ opsets: [String: Int], _ counts: inout [Key: Int]) {
        for node in nodes {
            counts[Key(domain: node.domain, name: node.opType, version: opsets[node.domain] ?? 1), default: 0] += 1
            for attribute in node.attributes {
                switch attribute.value {
                case .graph(let body): count(body.nodes, opsets, &counts)
                case .graphs(let bodies): for body in bodies { count(body.nodes, opsets, &counts) }
                default: break
                }
            }
        }
    }
}
