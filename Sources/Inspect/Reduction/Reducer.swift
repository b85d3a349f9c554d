import IR
import Passes

/// Makes a module that fails a check as small as it can, while it fails.
package struct Reducer {
    /// Whether a part fails. One that throws does not count: what is sought is a part that is sound and fails.
    private let fails: (SubGraph.Part) throws -> Bool
    /// Told of what is tried and how many nodes are left.
    package var onProgress: (String, Int) -> Void = { _, _ in }
    /// Questions asked so far.
    package private(set) var checks = 0

    package init(fails: @escaping (SubGraph.Part) throws -> Bool) { self.fails = fails }

    /// What is left of the function, and the part that it makes.
    private struct Rest {
        var nodes: [Node]
        var part: SubGraph.Part
    }

    /// The smallest part of function `name` that was found to fail, its constants as small as they may be. Its inputs are values of the
    /// function, in their own sizes unless sizes were made smaller.
    /// - Throws: ``WorkError`` if the whole does not fail; `CancellationError`; what the check throws for the whole.
    package mutating func reduce(_ module: Module, function name: String) throws -> SubGraph.Part {
        let whole = module.keeping(functions: [name])
        guard let graph = whole.function(name) else { throw WorkError("there is no function '\(name)'", .content) }
        let own = graph.inputs.compactMap { value in graph.inputName(of: value).map { ($0, value) } }
        var best = Rest(nodes: graph.nodes, part: SubGraph.Part(whole, inputs: Dictionary(own) { first, _ in first }))
        checks += 1
        guard try fails(best.part) else {
            throw WorkError("function '\(name)' passes the check as it is: there is nothing to reduce", .content)
        }
        let part = { (nodes: [Node]) in try SubGraph.keeping(nodes, of: name, in: whole) }
        try cut("cutting the end off", &best, side: { Array($0.prefix($1)) }, part)
        try cut("cutting the start off", &best, side: { Array($0.suffix($1)) }, part)
        try dropNodes(&best, part)
        return try shrinkSizes(best)
    }

    /// `make`'s part, if it can be made and fails.
    private mutating func test(_ make: () throws -> SubGraph.Part) throws -> SubGraph.Part? {
        try Task.checkCancellation()
        guard let candidate = try? make() else { return nil }
        checks += 1
        return (try? fails(candidate)) == true ? candidate : nil
    }

    /// Leaves the fewest nodes of one side that fail.
    private mutating func cut(
        _ what: String, _ best: inout Rest, side: ([Node], Int) -> [Node], _ part: ([Node]) throws -> SubGraph.Part
    ) throws {
        let nodes = best.nodes
        onProgress(what, nodes.count)
        var found: [Int: SubGraph.Part] = [:]
        let count = try Bisection.first(nodes.count) { count in
            guard count < nodes.count else { return false }
            found[count] = try test { try part(side(nodes, count)) }
            return found[count] == nil
        }
        if let count, let made = found[count] { best = Rest(nodes: side(nodes, count), part: made) }
    }

    /// Takes out runs of nodes, shorter and shorter ones, as long as it fails without them (Zeller and Hildebrandt, Simplifying and isolating
    /// failure-inducing input, 2002).
    private mutating func dropNodes(_ best: inout Rest, _ part: ([Node]) throws -> SubGraph.Part) throws {
        var run = max(best.nodes.count / 2, 1)
        while true {
            var (start, dropped) = (0, false)
            while start < best.nodes.count {
                let nodes = best.nodes
                onProgress("taking out \(run) at a time", nodes.count)
                let kept = Array(nodes[..<start] + nodes[min(start + run, nodes.count)...])
                let made = kept.isEmpty ? nil : try test { try part(kept) }
                if let made { (best, dropped) = (Rest(nodes: kept, part: made), true) } else { start += run }
            }
            if run == 1, !dropped { return }
            run = max(min(run / 2, best.nodes.count / 2), 1)
        }
    }

    /// Makes fixed sizes smaller: all that are multiples of one, at once.
    private mutating func shrinkSizes(_ rest: Rest) throws -> SubGraph.Part {
        var best = rest.part
        for size in best.module.fixedSizes.sorted() where size > 1 {
            onProgress("shrinking sizes of \(size)", rest.nodes.count)
            for smaller in [1, 2, 3, 4, 8, 16, 32, 64, 128, 256] where smaller < size {
                let whole = best
                let made = try test { SubGraph.Part(try whole.module.shrinking(size, to: smaller), inputs: whole.inputs) }
                guard let made else { continue }
                best = made
                break
            }
        }
        return best
    }
}
