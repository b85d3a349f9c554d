import IR

/// How far results may move under a rewrite, measured by ``Interpreter``; tests hold every rule to its promise.
package enum Promise: String, Sendable, Hashable, CaseIterable {
    /// Same bits (a zero may change its sign).
    case exact
    /// Same real-number function; intermediate roundings may move or vanish.
    case rounding
    /// Results change on purpose, as in quantization.
    case lossy
}

/// What every rewrite of a module has, be it local or global.
package protocol Transformation: Sendable {
    /// Kebab case: `fuse-layer-norm`. The word for `--disable` and for the folder of its test cases.
    var name: String { get }

    /// One sentence.
    var documentation: String { get }

    var promise: Promise { get }
}

/// A local rewrite: looks at one node and what feeds it, and proposes a patch.
///
/// Rules have no state and change nothing themselves: ``PassManager`` applies, verifies, counts and records.
package protocol Rule: Transformation {
    /// Operators at which the pattern ends; the rule is asked only about those. nil means any.
    var anchors: Set<String>? { get }

    /// The rewrite of the pattern that ends at `node`, or nil if there is none. A patch must make progress: the rule
    /// is asked again until it has nothing to say.
    func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch?
}

/// A rewrite that needs to see a whole function.
package protocol Pass: Transformation {
    /// Makes at most `limit` changes and gives how many it made.
    func run(on graph: inout Graph, of module: Module, limit: Int) throws -> Int
}

/// A rewrite that needs to see several functions at once.
package protocol ModulePass: Transformation {
    /// Makes at most `limit` changes and gives how many it made.
    func run(on module: inout Module, limit: Int) throws -> Int
}

/// A rule or pass that failed, with its name and the place where it did.
package struct PassError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }

    init(_ name: String, function: String, node: Node? = nil, _ reason: String) {
        let place = node.map { " at \($0.opName) '\($0.name)'" } ?? ""
        description = "\(name): in function '\(function)'\(place): \(reason)"
    }
}
