import IR

/// Evaluates nodes whose operands are all known.
///
///     @w ──▶ cast ──▶ transpose ──▶ y        ⟶        @w#cast(f32)#transpose(1,0) ──▶ y
///
/// The key of the new constant is made from the operands' keys and the operator, so functions that share a weight
/// share what is folded from it. Integers that follow from known sizes are constants too.
package struct ConstantFold: Rule {
    package let name = "constant-fold"
    package let documentation = "Evaluates nodes of constant operands once and for all, within a memory budget."
    package let promise = Promise.exact
    package let anchors: Set<String>? = nil

    /// Results up to that size always fold.
    package let smallBytes: Int
    /// Larger results fold if they are at most this many times as large as the operands: 2 lets f16 become f32.
    package let growth: Int
    /// No constant above this size is made.
    package let largestBytes: Int

    package init(smallBytes: Int = 1 << 16, growth: Int = 2, largestBytes: Int = 4 << 30) {
        self.smallBytes = smallBytes
        self.growth = growth
        self.largestBytes = largestBytes
    }

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let operands = node.inputs.compactMap { $0 }
        let keys = operands.compactMap { graph.constantKey(of: $0) }
        if keys.count < operands.count { return try knownIntegers(node, graph, module) }
        guard keys.count == operands.count, let op = node.op as? any TensorOperator, op.isPure, !(op is any LoweredOperator),
            op.symbols.isEmpty, !isWeight(node, graph),
            isAffordable(node, graph)
        else { return nil }
        let names = FoldedKey.names(of: node, from: keys)
        let known = names.compactMap { module.constants[$0] }
        if known.isEmpty { return try evaluated(op, node, graph, module, names) }
        let fits = zip(node.outputs, known).allSatisfy { graph.type(of: $0) == $1.type && $1.bytes != nil }
        guard known.count == names.count, fits else { return nil }
        return try replacing(node, graph, by: known)
    }

    private func evaluated(_ op: any TensorOperator, _ node: Node, _ graph: Graph, _ module: Module, _ names: [String]) throws -> Patch? {
        let keys = node.inputs.map { $0.flatMap { graph.constantKey(of: $0) } }
        let tensors = keys.map { $0.flatMap { module.constants[$0]?.tensor } }
        guard zip(keys, tensors).allSatisfy({ ($0 == nil) == ($1 == nil) }) else { return nil }
        // What fails may stand where it never runs; else it fails where it does.
        guard let results = try? FastEvaluation.results(of: op, tensors) else { return nil }
        for tensor in tensors { tensor?.bytes.evict() }
        return try replacing(node, graph, by: zip(names, results).map { Constant(key: $0, $1) })
    }

    /// Integers that follow from sizes alone, which a shape has among others that are not known: the last of `[n, 4]`.
    private func knownIntegers(_ node: Node, _ graph: Graph, _ module: Module) throws -> Patch? {
        guard node.outputs.count == 1, node.op.isPure, node.op is any TensorOperator else { return nil }
        let type = graph.type(of: node.outputs[0])
        let sizes = type.shape.compactMap(\.value)
        guard type.dtype == .i64 || type.dtype == .i32, type.quantization == nil, type.rank <= 1, sizes.count == type.rank,
            let values = IntegerValues(graph, module).values(of: node.outputs[0])
        else { return nil }
        let numbers = values.compactMap(\.value)
        guard numbers.count == values.count, numbers.count == sizes.reduce(1, *) else { return nil }
        let key = "#\(type)(\(numbers.map(String.init).joined(separator: ",")))"
        return try replacing(node, graph, by: [Constant(key: key, Tensor(integers: numbers, sizes, as: type.dtype))])
    }

    private func replacing(_ node: Node, _ graph: Graph, by constants: [Constant]) throws -> Patch {
        var patch = Patch(for: graph, at: node.id)
        for (output, constant) in zip(node.outputs, constants) { patch.replace(output, with: try patch.constant(constant)) }
        return patch
    }

    /// Integers that layers may multiply as they are: fold-weights decides about them.
    private func isWeight(_ node: Node, _ graph: Graph) -> Bool {
        guard node.op is Dequantize, let y = node.outputs.first else { return false }
        return graph.type(of: y).rank >= 2 && (graph.type(of: y).elementCount.value ?? 0) >= DenseLayer.smallest
    }

    private func isAffordable(_ node: Node, _ graph: Graph) -> Bool {
        guard let result = bytes(node.outputs, graph) else { return false }
        let operands = node.inputs.compactMap { $0 }
        // A fill or iota is smaller as a node than as a weight.
        if operands.isEmpty { return result <= min(smallBytes, 64) }
        guard result > smallBytes else { return true }
        guard result <= largestBytes, let given = bytes(operands, graph) else { return false }
        return result / growth <= given
    }

    private func bytes(_ values: [ValueID], _ graph: Graph) -> Int? {
        var sum = 0
        for value in values {
            let type = graph.type(of: value)
            guard let size = type.byteCount, size <= Int.max / 64,
                type.quantization == nil
            else { return nil }
            sum += size
            guard sum <= Int.max / 64 else { return nil }
        }
        return sum
    }
}
