import Formats
import IR

/// An ONNX node that became nodes of the IR.
package struct ONNXSourceNode: Sendable {
    /// As the file has it; references to attributes of a function's caller are what they stand for.
    package let node: ONNXNode
    /// Version of the operator set of its domain.
    package let version: Int
    /// Functions of the model's own in which it stands, the outermost first: `org.example.Swish`.
    package let functions: [String]

    /// `Conv`, `com.microsoft.Gelu`
    package var opTitle: String { node.domain.isEmpty ? node.opType : "\(node.domain).\(node.opType)" }
}

/// Which ONNX nodes those of a module as imported came from, and what the file calls their values.
///
/// Nodes of one ONNX node have one name, so that names tell nodes apart no better than the file does: nodes and values are known by their
/// identity in the function as imported, which passes keep (``Passes/NodeOrigins`` leads to it from what they add).
package struct ONNXSourceMap: Sendable {
    /// Of one function.
    struct Function: Sendable {
        /// Places in ``ONNXSourceMap/nodes``.
        var nodes: [NodeID: Int] = [:]
        fileprivate var values: [ValueID: [Name]] = [:]
    }

    fileprivate struct Name: Sendable {
        let text: String
        let depth: Int
    }

    /// Those that were translated, some of them to nothing.
    private(set) var nodes: [ONNXSourceNode] = []
    var functions: [String: Function] = [:]

    mutating func add(_ node: ONNXSourceNode) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    /// The ONNX node of which `node` of `function` was made; nil where that is not known.
    package func source(of node: NodeID, in function: String) -> ONNXSourceNode? {
        functions[function]?.nodes[node].map { nodes[$0] }
    }

    /// What the file calls a value of `function`: several names where ONNX nodes hand a value on as it is. The first is that of the node that
    /// computes it; for results of what was written out in place, such as functions, that of the node in whose place it stands.
    package func names(of value: ValueID, in function: String) -> [String] { functions[function]?.values[value]?.map(\.text) ?? [] }

    /// Nodes and values of functions that have left the module are forgotten.
    mutating func keep(_ names: [String]) {
        let kept = Set(names)
        functions = functions.filter { kept.contains($0.key) }
    }
}

extension ONNXSourceMap.Function {
    /// - Parameter depth: of graphs and functions that are written out in each other where the name is known.
    mutating func name(_ value: ValueID, _ text: String, depth: Int) {
        if text.isEmpty { return }
        var names = values[value] ?? []
        if names.contains(where: { $0.text == text }) { return }
        let place = names.firstIndex { $0.depth > depth } ?? names.count
        names.insert(ONNXSourceMap.Name(text: text, depth: depth), at: place)
        values[value] = names
    }
}
