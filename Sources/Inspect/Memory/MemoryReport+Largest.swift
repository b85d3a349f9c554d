import IR

extension MemoryReport {
    /// The function whose call keeps the most, by its operators' own cost; nil where none can be told.
    package static func largestFunction(_ module: Module, _ sizes: [SizeBinding]) -> String? {
        let (typical, chosen) = (TypicalSizes(module), SizeBinding.table(sizes))
        let costs = module.entryPoints.compactMap { graph -> (name: String, bytes: Int)? in
            let known = chosen.filter { graph.symbols.contains($0.key) }
            let binding = typical.binding(for: graph).merging(known) { $1 }
            guard let cost = try? CallCost(graph, binding) else { return nil }
            // States are counted as they come and as they go, and lie in no arena.
            let states = graph.inputs.filter { graph.inputName(of: $0).map(graph.stateNames.contains) ?? false }.map { graph.type(of: $0) }
            let bytes = states.compactMap { type in
                (try? type.sizes(binding)).flatMap(Tensor.elementCount).map { $0 * type.dtype.byteWidth }
            }
            return (graph.name, cost.workingBytes - 2 * bytes.reduce(0, +))
        }
        return (costs.max { $0.bytes < $1.bytes })?.name ?? module.entryPoints.first?.name
    }
}
