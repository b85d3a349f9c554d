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
        // These sizes come out of the data, so that a call has no one cost; one can be supposed.
        let open = born.filter { sizes[$0] == nil }.sorted()
        guard let first = open.first else { return "\(error)" }
        return "data decide \(open.joined(separator: ", ")) while it runs; --bind \(first)=SIZE supposes one"
    }
}
