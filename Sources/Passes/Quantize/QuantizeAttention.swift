import IR

/// Gives attention products of 8-bit integers.
///
///     q, k, v: f32, mask, bias ─▶ attention ─▶ y        ⟶        q, k, v, mask, bias ─▶ attention {int8} ─▶ y
///
/// Operands stay f32 and are rounded by the kernel: queries and keys for each token, values for each channel of 128 keys. Keys lose
/// their mean first, so that a channel which is large for all of them costs no bits.
package struct QuantizeAttention: Rule {
    package let name = "quantize-attention"
    package let documentation = "Rounds the queries, keys and values of attention to 8 bits as they come."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = [Attention.opName]

    package let policy: PrecisionPolicy

    package init(_ policy: PrecisionPolicy) { self.policy = policy }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard policy.scheme(of: node, in: graph).roundsActivations, let attention = node.op as? Attention, !attention.int8,
            let output = node.outputs.first,
            node.inputs.allSatisfy({ $0.map { [.f32, .bool].contains(graph.type(of: $0).dtype) } ?? true })
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: attention.withInt8Products, node.inputs, name: node.name)
        return patch
    }
}
