import IR

/// What a call of each function costs, and of one of them every node and block.
package struct CostReport: Encodable {
    package struct Function: Encodable {
        package let name: String
        package let sizes: Binding
        /// That run in a call.
        package let nodes: Int
        package let total: Total?
        /// Why there is no ``total``.
        package let problem: String?
    }

    package struct Total: Encodable {
        package let flops, weightBytes, operandBytes, resultBytes: Double
        /// That the peaks allow, of all nodes; and of that, of those that the processor bounds.
        package let leastMilliseconds, computeMilliseconds: Double
        package var bytes: Double { weightBytes + operandBytes + resultBytes }
    }

    package struct Row: Encodable {
        package let name, op: String
        package let cost: NodeCost
        package let intensity, leastMilliseconds: Double
        /// Of the least time of the call.
        package let share: Double
        package let bound: NodeCost.Bound
    }

    package struct Block: Encodable {
        /// The start of the names of its nodes; empty for all of them.
        package let path, title: String
        /// Blocks that it lies in.
        package let depth: Int
        package let nodes: Int
        package let flops, bytes, leastMilliseconds, share: Double
    }

    package struct Details: Encodable {
        package let function: String
        package let sizes: Binding
        package let total: Total
        /// The largest share first.
        package let nodes: [Row]
        package let blocks: [Block]
        /// Functions that its nodes call: their own work does not count.
        package let calls: [String]
    }

    package let model, stage: String
    package let peaks: MachinePeaks
    package let functions: [Function]
    /// Of the function that was asked for, or that takes the longest.
    package let details: Details?

    /// - Parameters:
    ///   - sizes: in place of the typical ones.
    ///   - most: nodes that ``Details/nodes`` has at most; nil for all.
    /// - Throws: ``WorkError`` for a size that no function has.
    package init(_ module: Module, sizes: [SizeBinding], peaks: MachinePeaks, top most: Int? = nil) throws {
        let (typical, chosen) = try SizeBinding.checked(sizes, of: module)
        var (functions, largest): ([Function], (graph: Graph, sizes: Binding, costs: FunctionCosts, total: Total)?) = ([], nil)
        for graph in module.entryPoints {
            let binding = typical.binding(for: graph, chosen)
            do {
                let costs = try FunctionCosts(graph, binding)
                let total = Total(costs.nodes, peaks)
                functions.append(Function(graph, binding, costs.nodes.count { $0 != nil }, total))
                if largest.map({ $0.total.leastMilliseconds < total.leastMilliseconds }) ?? true {
                    largest = (graph, binding, costs, total)
                }
            } catch let error as BindingError {
                functions.append(Function(graph, binding, graph.nodeCount, nil, problem: CostProblem.text(error, graph, binding)))
            }
        }
        (model, stage, self.peaks, self.functions) = (module.name, module.stage.rawValue, peaks, functions)
        details = largest.map { Details($0.graph, $0.sizes, $0.costs, $0.total, peaks, most) }
    }
}

extension CostReport.Function {
    fileprivate init(_ graph: Graph, _ sizes: Binding, _ nodes: Int, _ total: CostReport.Total?, problem: String? = nil) {
        (name, self.sizes, self.nodes, self.total, self.problem) = (graph.name, sizes, nodes, total, problem)
    }
}

extension CostReport.Total {
    fileprivate init(_ nodes: [NodeCost?], _ peaks: MachinePeaks) {
        let nodes = nodes.compactMap { $0 }
        func sum(_ part: (NodeCost) -> Double) -> Double { nodes.reduce(0) { $0 + part($1) } }
        (flops, weightBytes) = (sum(\.flops), sum(\.weightBytes))
        (operandBytes, resultBytes) = (sum(\.operandBytes), sum(\.resultBytes))
        leastMilliseconds = sum { $0.leastSeconds(on: peaks) } * 1e3
        computeMilliseconds = sum { $0.bound(on: peaks) == .compute ? $0.leastSeconds(on: peaks) : 0 } * 1e3
    }
}

extension CostReport.Details {
    fileprivate init(
        _ graph: Graph, _ sizes: Binding, _ costs: FunctionCosts, _ total: CostReport.Total, _ peaks: MachinePeaks, _ most: Int?
    ) {
        let whole = total.leastMilliseconds > 0 ? total.leastMilliseconds : 1
        let rows = zip(graph.nodes, costs.nodes).compactMap { node, cost -> CostReport.Row? in
            guard let cost else { return nil }
            let time = cost.leastSeconds(on: peaks) * 1e3
            return CostReport.Row(
                name: node.name, op: node.opName, cost: cost, intensity: cost.intensity, leastMilliseconds: time, share: time / whole,
                bound: cost.bound(on: peaks))
        }
        function = graph.name
        (self.sizes, self.total) = (sizes, total)
        blocks = CostReport.Block.all(rows)
        // Equal shares in the order in which they run.
        let sorted = rows.enumerated().sorted { ($1.element.share, $0.offset) < ($0.element.share, $1.offset) }.map(\.element)
        nodes = most.map { Array(sorted.prefix($0)) } ?? sorted
        calls = graph.calledFunctions.sorted()
    }
}

extension CostReport.Block {
    /// Parents before children; the root, which holds all, first.
    fileprivate static func all(_ rows: [CostReport.Row]) -> [CostReport.Block] {
        let tree = BlockTree(rows.map(\.name))
        var depths: [Int] = []
        return tree.blocks.enumerated().map { index, block in
            let depth = block.parent >= 0 ? depths[block.parent] + 1 : 0
            depths.append(depth)
            let own = tree.allNodes(of: index).map { rows[$0] }
            func sum(_ part: (CostReport.Row) -> Double) -> Double { own.reduce(0) { $0 + part($1) } }
            return CostReport.Block(
                path: block.path, title: block.title, depth: depth, nodes: own.count, flops: sum(\.cost.flops), bytes: sum(\.cost.bytes),
                leastMilliseconds: sum(\.leastMilliseconds), share: sum(\.share))
        }
    }
}

extension SizeBinding {
    /// The usual sizes of `module` and those of `sizes`.
    /// - Throws: ``WorkError`` for a size that no function has.
    static func checked(_ sizes: [SizeBinding], of module: Module) throws -> (typical: TypicalSizes, chosen: Binding) {
        try check(sizes, of: module)
        return (TypicalSizes(module), table(sizes))
    }
}

extension TypicalSizes {
    /// A size for each symbol of `graph` that has a usual one or one of `chosen`.
    func binding(for graph: Graph, _ chosen: Binding) -> Binding {
        let known = graph.symbols.union(graph.bornSizes)
        return binding(for: graph).merging(chosen.filter { known.contains($0.key) }) { $1 }
    }
}
