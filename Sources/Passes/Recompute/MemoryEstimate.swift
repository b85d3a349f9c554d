import IR

/// How much memory a function's values take at once, if each is let go after its last reader: what a plan will need, about.
///
/// Views share the memory of what they show; elementwise results take that of an operand which nobody reads any more. Inputs, constants and
/// results of the function are not counted: they are the caller's.
struct MemoryEstimate {
    private let graph: Graph
    private let binding: Binding

    init(_ graph: Graph, _ binding: Binding) { (self.graph, self.binding) = (graph, binding) }

    /// Bytes of a value, saturating.
    static func bytes(of value: ValueID, in graph: Graph, _ binding: Binding) throws -> Int {
        guard let type = graph.valueType(of: value).tensor else { return 0 }
        return type.dtype.byteCount(of: try type.sizes(binding).reduce(1, saturatingMultiply)) ?? 0
    }

    /// The most bytes that are alive at once.
    func peak() throws -> Int {
        var (owner, reads): ([ValueID: ValueID], [ValueID: Int]) = ([:], [:])
        let nodes = graph.nodes
        for node in nodes {
            if node.op.facts.contains(.view), let source = node.inputs.first ?? nil { owner[node.outputs[0]] = owner[source] ?? source }
            for case let input? in node.inputs { reads[owner[input] ?? input, default: 0] += 1 }
        }
        for output in graph.outputs { reads[owner[output.value] ?? output.value, default: 0] += 1 }
        let returned = Set(graph.outputs.map(\.value))
        var sizes: [ValueID: Int] = [:]
        var (alive, most) = (0, 0)
        for node in nodes {
            let isView = node.op.facts.contains(.view)
            let over = isView ? nil : reused(by: node, sizes, reads, owner)
            for output in node.outputs where !isView && !returned.contains(output) {
                let bytes = try Self.bytes(of: output, in: graph, binding)
                sizes[output] = bytes
                if let over, output == node.outputs.first { sizes[over] = 0 } else { alive += bytes }
            }
            most = max(most, alive)
            for value in node.inputs.compactMap({ $0 }).map({ owner[$0] ?? $0 }) {
                reads[value, default: 1] -= 1
                if reads[value] == 0, let bytes = sizes.removeValue(forKey: value) { alive -= bytes }
            }
            for output in node.outputs where reads[output] == nil {
                if let bytes = sizes.removeValue(forKey: output) { alive -= bytes }
            }
        }
        return most
    }

    /// The operand whose memory the result of an elementwise `node` takes.
    private func reused(by node: Node, _ sizes: [ValueID: Int], _ reads: [ValueID: Int], _ owner: [ValueID: ValueID]) -> ValueID? {
        guard node.op.facts.contains(.elementwise), let result = node.outputs.first else { return nil }
        return node.inputs.compactMap { $0 }.first { input in
            owner[input] == nil && sizes[input] != nil && reads[input] == 1 && graph.valueType(of: input) == graph.valueType(of: result)
        }
    }
}
