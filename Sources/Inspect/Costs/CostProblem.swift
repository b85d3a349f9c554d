import IR

/// Why the cost of a function is not known, for people.
enum CostProblem {
    /// - Parameters:
    ///   - error: what asking for the cost threw.
    ///   - sizes: under which it was asked for.
    static func text(_ error: any Error, _ graph: Graph, _ sizes: Binding) -> String {
        let born = graph.bornSizes
        let missing = graph.symbols.subtracting(born).filter { sizes[$0] == nil }.sorted()
        if !missing.isEmpty { return "the size of \(missing.joined(separator: ", ")) is not known; give it with --bind" }
        if born.isEmpty { return "\(error)" }
        // A call has no one cost: these sizes come out of the data, and cannot be given.
        return "data decide \(born.sorted().joined(separator: ", ")) while it runs"
    }
}
