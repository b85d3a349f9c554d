import IR

/// What is known of the contents of values of one function. Functions under construction only grow, so what was found stays true.
struct ScopeContents {
    let integers = IntegerValues.Memory()
    private var folded: [ValueID: Tensor] = [:]
    /// Results of nodes that depend on constants alone.
    private var constant: Set<ValueID> = []
    /// Nodes that were looked at.
    private var seen = 0

    private static let largestFolded = 1 << 20

    /// The value of `value`, no constant itself, if it depends on constants alone.
    mutating func constantTensor(_ value: ValueID, _ graph: Graph, _ constant: (String) -> Tensor?) -> Tensor? {
        look(at: graph)
        guard self.constant.contains(value) else { return nil }
        var stack = [value]
        while let next = stack.last {
            if folded[next] != nil { stack.removeLast(); continue }
            guard let node = graph.producer(of: next) else { return nil }
            let waiting = node.inputs.compactMap { $0 }.filter { graph.constantKey(of: $0) == nil && folded[$0] == nil }
            if waiting.isEmpty {
                guard evaluate(node, graph, constant) else {
                    for output in node.outputs { self.constant.remove(output) }
                    return nil
                }
                stack.removeLast()
            } else {
                guard waiting.allSatisfy(self.constant.contains) else { return nil }
                stack += waiting
            }
        }
        return folded[value]
    }

    private mutating func look(at graph: Graph) {
        for id in graph.order.dropFirst(seen) {
            guard let node = graph.node(id) else { continue }
            let isConstant =
                node.op.isPure && node.op.calledFunctions.isEmpty && node.sizes.isEmpty && node.op.symbols.isEmpty
                && node.outputs.allSatisfy { graph.valueType(of: $0).isTensor }
                && node.inputs.allSatisfy { $0.map { graph.constantKey(of: $0) != nil || constant.contains($0) } ?? true }
            if isConstant { constant.formUnion(node.outputs) }
        }
        seen = graph.order.count
    }

    private mutating func evaluate(_ node: Node, _ graph: Graph, _ constant: (String) -> Tensor?) -> Bool {
        let types = node.outputs.map { graph.valueType(of: $0) }
        func isSmall(_ count: Int?) -> Bool { count.map { $0 <= ScopeContents.largestFolded } ?? false }
        guard types.allSatisfy({ isSmall($0.tensor?.elementCount.value) }) else { return false }
        var operands: [Datum?] = []
        for input in node.inputs {
            guard let input else { operands.append(nil); continue }
            guard let tensor = folded[input] ?? graph.constantKey(of: input).flatMap(constant), isSmall(tensor.count) else { return false }
            operands.append(.tensor(tensor))
        }
        var context = EvaluationContext(results: types)
        guard let results = try? node.op.evaluate(operands, &context), results.count == node.outputs.count else { return false }
        for (output, result) in zip(node.outputs, results) { folded[output] = result.tensor }
        return true
    }
}
