import Formats
import IR

/// What an ONNX file says of itself, for people.
enum ONNXFacts {
    static func metadata(of model: ONNXModel) -> Attributes {
        var facts: Attributes = ["ir_version": .int(model.irVersion)]
        let producer = [model.producer, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        if !producer.isEmpty { facts["producer"] = .string(producer) }
        facts["opsets"] = .strings(model.opsets.sorted { $0.key < $1.key }.map { "\($0.key.isEmpty ? "ai.onnx" : $0.key) \($0.value)" })
        let counts = operators(of: model.graph.nodes).merging(functions(of: model), uniquingKeysWith: +)
        facts["operators"] = .strings(counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" })
        if !model.metadata.isEmpty { facts["properties"] = .dictionary(model.metadata.mapValues { .string($0) }) }
        return facts
    }

    private static func functions(of model: ONNXModel) -> [String: Int] {
        model.functions.reduce(into: [:]) { $0.merge(operators(of: $1.nodes), uniquingKeysWith: +) }
    }

    /// Nodes of each operator, those in bodies too.
    private static func operators(of nodes: [ONNXNode]) -> [String: Int] {
        nodes.reduce(into: [:]) { counts, node in
            counts[node.domain.isEmpty ? node.opType : "\(node.domain).\(node.opType)", default: 0] += 1
            for attribute in node.attributes {
                if case .graph(let body) = attribute.value { counts.merge(operators(of: body.nodes), uniquingKeysWith: +) }
            }
        }
    }
}
