import IR

/// Bytes of results that are alive while a function runs: inputs included, weights not. A view shares its operand's memory.
struct LiveBytes {
    /// While each node of the function runs, its operands and results included; what depends on constants alone is not counted.
    let bytes: [Int]
    /// Of the inputs and while nodes run.
    let most: Int
    /// The first node at which most are alive; nil where that is none.
    let peak: Int?
    /// What is alive then, largest first.
    let alive: [(value: ValueID, bytes: Int)]

    /// - Parameter costs: of `graph`.
    /// - Throws: `BindingError` for sizes that do not fit.
    init(_ graph: Graph, _ costs: FunctionCosts) throws {
        let nodes = graph.nodes
        let isCounted = costs.nodes.map { $0 != nil }
        let owner = LiveBytes.owners(nodes, isCounted)
        let ending = LiveBytes.endings(graph, nodes, isCounted, owner)
        var sizes: [ValueID: Double] = [:]
        for input in graph.inputs { sizes[input] = try costs.types.bytes(of: input) }
        var (now, largest) = (sizes.values.reduce(0, +), 0.0)
        largest = now
        var (timeline, peak, atPeak): ([Int], Int?, [ValueID: Double]) = ([], nil, [:])
        for (step, node) in nodes.enumerated() {
            for result in node.outputs where isCounted[step] && owner[result] == nil {
                let bytes = try costs.types.bytes(of: result)
                now += bytes
                sizes[result] = bytes
            }
            timeline.append(LiveBytes.whole(now))
            if now > largest { (largest, peak, atPeak) = (now, step, sizes) }
            for value in ending[step] { now -= sizes.removeValue(forKey: value) ?? 0 }
        }
        (bytes, most, self.peak) = (timeline, LiveBytes.whole(largest), peak)
        alive = atPeak.map { (value: $0.key, bytes: LiveBytes.whole($0.value)) }.sorted { ($1.bytes, $0.value) < ($0.bytes, $1.value) }
    }

    private static func whole(_ bytes: Double) -> Int { Int(max(0, min(bytes, 9e18))) }

    /// Values whose memory views show, by view.
    private static func owners(_ nodes: [Node], _ isCounted: [Bool]) -> [ValueID: ValueID] {
        var owner: [ValueID: ValueID] = [:]
        for (step, node) in nodes.enumerated() where isCounted[step] && node.op.facts.contains(.view) {
            guard let operand = node.inputs.first ?? nil else { continue }
            for result in node.outputs { owner[result] = owner[operand] ?? operand }
        }
        return owner
    }

    /// Values that are not needed after each node; those that the function returns stay.
    private static func endings(
        _ graph: Graph, _ nodes: [Node], _ isCounted: [Bool], _ owner: [ValueID: ValueID]
    ) -> [[ValueID]] {
        var lastUse: [ValueID: Int] = [:]
        for (step, node) in nodes.enumerated() where isCounted[step] {
            for case let operand? in node.inputs { lastUse[owner[operand] ?? operand] = step }
        }
        for output in graph.outputs { lastUse[owner[output.value] ?? output.value] = nil }
        var ending = [[ValueID]](repeating: [], count: nodes.count)
        for (value, step) in lastUse { ending[step].append(value) }
        return ending
    }
}
