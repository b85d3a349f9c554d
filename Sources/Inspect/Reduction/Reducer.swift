import IR
import Passes

/// Makes a module that fails a check as small as it can, while it fails.
package struct Reducer {
    /// Whether a module fails. One that throws does not count: what is sought is a module that is sound and fails.
    private let fails: (Module) throws -> Bool
    /// Told of what is tried and how many nodes are left.
    package var onProgress: (String, Int) -> Void = { _, _ in }
    /// Questions asked so far.
    package private(set) var checks = 0

    package init(fails: @escaping (Module) throws -> Bool) { self.fails = fails }

    /// The smallest part of function `name` that was found to fail, its constants as small as they may be.
    /// - Throws: ``WorkError`` if the whole does not fail; `CancellationError`; what the check throws for the whole.
    package mutating func reduce(_ module: Module, function name: String) throws -> Module {
        var best = module.keeping(functions: [name])
        checks += 1
        guard try fails(best) else {
            throw WorkError("function '\(name)' passes the check as it is: there is nothing to reduce", .content)
        }
        try cutEnd(&best, name)
        try cutStart(&best, name)
        try dropNodes(&best, name)
        try shrinkSizes(&best, name)
        return best
    }

    private mutating func test(_ make: () throws -> Module) throws -> Module? {
        try Task.checkCancellation()
        guard let candidate = try? make() else { return nil }
        checks += 1
        return (try? fails(candidate)) == true ? candidate : nil
    }

    /// The shortest start of the function that fails: what comes behind the fault goes.
    private mutating func cutEnd(_ best: inout Module, _ name: String) throws {
        let (whole, nodes) = (best, best.nodes(of: name))
        onProgress("cutting the end off", nodes.count)
        var found: Module?
        let count = try Bisection.first(nodes.count) { count in
            guard count < nodes.count else { return false }
            let made = try test { try SubGraph.keeping(Array(nodes[..<count]), of: name, in: whole) }
            if let made { found = made }
            return made == nil
        }
        if let count, count < nodes.count, let found { best = found }
    }

    /// The shortest end that fails.
    private mutating func cutStart(_ best: inout Module, _ name: String) throws {
        let (whole, nodes) = (best, best.nodes(of: name))
        onProgress("cutting the start off", nodes.count)
        var found: Module?
        let count = try Bisection.first(nodes.count) { count in
            guard count < nodes.count else { return false }
            let made = try test { try SubGraph.keeping(Array(nodes[(nodes.count - count)...]), of: name, in: whole) }
            if let made { found = made }
            return made == nil
        }
        if let count, count < nodes.count, let found { best = found }
    }

    /// Takes out runs of nodes, shorter and shorter ones, as long as it fails without them (Zeller and Hildebrandt, Simplifying and isolating
    /// failure-inducing input, 2002).
    private mutating func dropNodes(_ best: inout Module, _ name: String) throws {
        var run = max(best.nodes(of: name).count / 2, 1)
        while true {
            var (start, dropped) = (0, false)
            while start < best.nodes(of: name).count {
                let (whole, nodes) = (best, best.nodes(of: name))
                onProgress("taking out \(run) at a time", nodes.count)
                let kept = Array(nodes[..<start] + nodes[min(start + run, nodes.count)...])
                let made = kept.isEmpty ? nil : try test { try SubGraph.keeping(kept, of: name, in: whole) }
                if let made { (best, dropped) = (made, true) } else { start += run }
            }
            if run == 1, !dropped { return }
            run = max(min(run / 2, best.nodes(of: name).count / 2), 1)
        }
    }

    /// Makes fixed sizes smaller: all that are multiples of one, at once.
    private mutating func shrinkSizes(_ best: inout Module, _ name: String) throws {
        for size in best.fixedSizes.sorted() where size > 1 {
            onProgress("shrinking sizes of \(size)", best.nodes(of: name).count)
            for smaller in [1, 2, 3, 4, 8, 16, 32, 64, 128, 256] where smaller < size {
                let whole = best
                guard let made = try test({ try whole.shrinking(size, to: smaller) }) else { continue }
                best = made
                break
            }
        }
    }
}

extension Module {
    fileprivate func nodes(of name: String) -> [Node] { function(name)?.nodes ?? [] }
}
