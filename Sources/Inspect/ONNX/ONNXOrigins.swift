import IR
import Importers
import Passes

/// What a file calls a result of a node: by function, node and the number of the result; nil for one that it does not have.
package typealias ValueNaming = (_ function: String, _ node: Node, _ result: Int) -> String?

/// The ONNX nodes and names of values behind a module that was imported from an ONNX file, in whatever stage it is.
package struct ONNXOrigins: Sendable {
    private let sources: ONNXSourceMap
    /// What passes made of the module as imported; nil where none ran.
    private let passes: NodeOrigins?

    package init(_ sources: ONNXSourceMap, _ passes: NodeOrigins? = nil) { (self.sources, self.passes) = (sources, passes) }

    /// The ONNX nodes that `node` of `function` came from, in the order of the file; several where nodes were fused.
    package func nodes(behind node: Node, in function: String) -> [ONNXSourceNode] {
        var seen: Set<String> = []
        return (passes?.nodes(behind: node, in: function) ?? [node.id])
            .compactMap { sources.source(of: $0, in: function) }
            .filter { seen.insert(($0.functions + $0.node.outputs + [$0.node.name]).joined(separator: "\n")).inserted }
    }

    /// What the file calls `value` of `function`; nil for one that only came with the import or with passes.
    package func valueName(_ value: ValueID, in function: String) -> String? { valueNames(value, in: function).first }

    /// What the file calls result `output` of `node` of `function`.
    package func valueName(_ function: String, _ node: Node, _ output: Int) -> String? {
        node.outputs.indices.contains(output) ? valueName(node.outputs[output], in: function) : nil
    }

    /// The same for pictures.
    package var naming: ValueNaming { { valueName($0, $1, $2) } }

    /// All names that the file has for `value`: several where nodes such as Identity hand it on.
    package func valueNames(_ value: ValueID, in function: String) -> [String] {
        guard let passes else { return sources.names(of: value, in: function) }
        return passes.value(behind: value, in: function).map { sources.names(of: $0, in: function) } ?? []
    }
}
