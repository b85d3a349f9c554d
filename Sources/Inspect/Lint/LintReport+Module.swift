import IR

extension LintReport {
    /// Of a module from text or a checkpoint.
    /// - Parameters:
    ///   - readsNumbers: whether to look for numbers that are not finite, in all tensors.
    ///   - onProgress: is told the share that is done and the next tensor; may throw to stop.
    /// - Throws: what `onProgress` throws.
    package init(_ module: Module, readsNumbers: Bool = false, onProgress: (Double, String) throws -> Void = { _, _ in }) throws {
        let used = module.functions.reduce(into: Set<String>()) { $0.formUnion($1.usedConstants) }
        let constants = module.constants.values.sorted { KeyOrder.precedes($0.key, $1.key) }
        let reached = module.reachable(from: module.entryPoints.map(\.name))
        let entries = module.functions.count > 1
        func name(_ item: String, _ graph: Graph) -> String { entries ? "\(graph.name): \(item)" : item }
        let dead = module.functions.flatMap { graph in
            graph.deadNodes.map { Item(name($0.name.isEmpty ? $0.opName : $0.name, graph), $0.opName) }
        }
        let inputs = module.entryPoints.flatMap { graph in
            graph.inputs.filter { graph.users(of: $0).isEmpty && !graph.isOutput($0) }.map { value in
                Item(name(graph.inputName(of: value) ?? "", graph), graph.valueType(of: value).description)
            }
        }
        var warnings: [String] = []
        if case .strings(let texts)? = module.metadata[.warnings] { warnings = texts }
        self.init(
            model: module.name,
            findings: [
                Finding(
                    .unusedConstants,
                    constants.filter { !used.contains($0.key) }.map { Item($0.key, $0.type.description, bytes: $0.bytes?.count) }),
                Finding(.duplicateConstants, RepeatedTensors(constants.filter { used.contains($0.key) }).items),
                Finding(.deadNodes, dead), Finding(.unusedInputs, inputs),
                Finding(.uncalledFunctions, module.functions.filter { !reached.contains($0.name) }.map { Item($0.name) }),
                Finding(.warnings, warnings.map { Item($0) }),
                readsNumbers ? Finding(.notFinite, try StrangeTensors.items(constants.withDistinctStorage, onProgress: onProgress)) : nil,
            ].compactMap { $0 }, bytes: module.constantBytes)
    }
}

extension Graph {
    /// Nodes on which no output depends.
    fileprivate var deadNodes: [Node] {
        var (live, stack): (Set<NodeID>, [ValueID]) = ([], outputs.map(\.value))
        while let value = stack.popLast() {
            guard let node = producer(of: value), live.insert(node.id).inserted else { continue }
            stack += node.inputs.compactMap { $0 }
        }
        return nodes.filter { !live.contains($0.id) }
    }
}
