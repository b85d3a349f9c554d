import IR

/// Replaces sizes that data seem to decide by what they are.
///
///     shape{[n, 4]} ─▶ slice ─▶ concat(…, @8) ─▶ sizes(a, b)        ⟶        a = n, b = 8 wherever they stand
///
/// Exporters compute shapes as tensors; followed through, most are expressions of sizes that are known.
package struct KnownSizes: Pass {
    package let name = "known-sizes"
    package let documentation = "Replaces sizes computed from constants and shapes by expressions of the sizes they come from."
    package let promise = Promise.exact

    package init() {}

    package func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int {
        var changes = 0
        for id in graph.order where changes < limit {
            guard let node = graph.node(id), node.op is Sizes, let x = node.inputs.first ?? nil,
                let values = IntegerValues(graph, module).values(of: x), values.count == node.sizes.count,
                values.allSatisfy({ $0.bounds().lower.map { $0 >= 0 } ?? false })
            else { continue }
            try graph.replaceSizes(Dictionary(zip(node.sizes, values), uniquingKeysWith: { first, _ in first }))
            graph.remove(id)
            changes += 1
        }
        if changes > 0 { graph.removeDeadNodes() }
        return changes
    }
}

/// Small integer tensors as expressions of sizes.
struct IntegerValues {
    private let graph: Graph
    private let module: Module
    /// Elements of a tensor that are followed.
    private static let most = 64

    init(_ graph: Graph, _ module: Module) { (self.graph, self.module) = (graph, module) }

    /// The elements of `value`, row by row; nil if one of them is not such an expression.
    func values(of value: ValueID, depth: Int = 32) -> [Dim]? {
        let type = graph.type(of: value)
        guard depth > 0, type.dtype == .i64 || type.dtype == .i32, let count = type.elementCount.value, count <= Self.most else {
            return nil
        }
        if let key = graph.constantKey(of: value) { return module.constants[key]?.tensor?.integers.map { Dim($0) } }
        guard let node = graph.producer(of: value) else { return nil }
        if let shape = node.op as? Shape { return shape.sizes }
        let operands = node.inputs.map { $0.flatMap { values(of: $0, depth: depth - 1) } }
        return values(of: node, operands, count)
    }

    private func values(of node: Node, _ operands: [[Dim]?], _ count: Int) -> [Dim]? {
        guard let x = operands.first ?? nil else { return nil }
        switch node.op {
        case is Reshape, is Cast: return x.count == count ? x : nil
        case is Expand: return x.count == 1 ? [Dim](repeating: x[0], count: count) : x.count == count ? x : nil
        case is Concat:
            let parts = operands.compactMap { $0 }
            return graph.type(of: node.outputs[0]).rank == 1 && parts.count == operands.count ? parts.flatMap { $0 } : nil
        case let slice as Slice: return sliced(x, slice, node)
        case is Gather: return gathered(x, operands, node)
        case is Binary<Add>: return combined(operands, +)
        case is Binary<Sub>: return combined(operands, -)
        case is Binary<Mul>: return combined(operands, *)
        case is Reduce<ReduceProd>: return count == 1 ? [x.reduce(1, *)] : nil
        case is Reduce<ReduceSum>: return count == 1 ? [x.reduce(0, +)] : nil
        default: return nil
        }
    }

    private func sliced(_ x: [Dim], _ slice: Slice, _ node: Node) -> [Dim]? {
        guard graph.type(of: node.outputs[0]).rank == 1, let start = slice.start.value, let end = slice.end.value, start >= 0, start <= end,
            end <= x.count, slice.step > 0
        else { return nil }
        return stride(from: start, to: end, by: slice.step).map { x[$0] }
    }

    private func gathered(_ x: [Dim], _ operands: [[Dim]?], _ node: Node) -> [Dim]? {
        guard let table = node.inputs.first ?? nil, graph.type(of: table).rank == 1, operands.count > 1, let indices = operands[1] else {
            return nil
        }
        let picked = indices.compactMap { $0.value.flatMap { x.indices.contains($0) ? x[$0] : nil } }
        return picked.count == indices.count ? picked : nil
    }

    private func combined(_ operands: [[Dim]?], _ body: (Dim, Dim) -> Dim) -> [Dim]? {
        guard operands.count == 2, let a = operands[0], let b = operands[1], a.count == b.count || a.count == 1 || b.count == 1 else {
            return nil
        }
        return (0..<max(a.count, b.count)).map { body(a.count == 1 ? a[0] : a[$0], b.count == 1 ? b[0] : b[$0]) }
    }
}
