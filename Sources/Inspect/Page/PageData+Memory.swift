import IR

extension PageData.Memory {
    /// Values at the peak that are listed.
    private static let mostAlive = 100

    /// Nil for a function without nodes that run.
    init?(_ live: LiveBytes, _ graph: Graph, _ types: SizedTypes) {
        guard let peak = live.peak else { return nil }
        var names: [ValueID: String] = [:]
        for input in graph.inputs { names[input] = graph.inputName(of: input) }
        for node in graph.nodes {
            for (index, value) in node.outputs.enumerated() {
                names[value] = node.outputs.count > 1 ? "\(node.name) result \(index)" : node.name
            }
        }
        let alive = live.alive.prefix(PageData.Memory.mostAlive).map {
            Alive(name: names[$0.value] ?? "", type: "\(types.type($0.value))", bytes: $0.bytes)
        }
        self.init(bytes: live.bytes, peak: peak, alive: alive)
    }
}
