import IR

/// How far a rule's pattern came at one node, told by what ``Match`` was asked: the deepest place where something else stood than was looked for.
final class MatchTrace: @unchecked Sendable {
    // Used by the task that set it alone: rules start no others.
    @TaskLocal static var current: MatchTrace?

    private let graph: Graph
    /// How many nodes lie between the anchor and the reader of a value, the reader included.
    private var depths: [ValueID: Int] = [:]
    private(set) var found: [NodeID] = []
    private(set) var deepest: (depth: Int, isThere: Bool, reason: String)?

    init(_ graph: Graph, at anchor: Node) {
        self.graph = graph
        for case let input? in anchor.inputs { depths[input] = 1 }
    }

    /// The pattern took in the node that computes `value`.
    func take(_ node: Node, at value: ValueID) {
        if !found.contains(node.id) { found.append(node.id) }
        let depth = (depths[value] ?? 1) + 1
        for case let input? in node.inputs where (depths[input] ?? 0) < depth { depths[input] = depth }
    }

    /// The pattern wanted something else at `value`.
    /// - Parameter isThere: whether the operator was the right one, and only other readers were in the way.
    func miss(_ value: ValueID?, isThere: Bool = false, _ reason: (String) -> String) {
        guard let value else { return }
        let depth = (depths[value] ?? 0) + (isThere ? 1 : 0)
        guard depth > deepest?.depth ?? 0 else { return }
        deepest = (depth, isThere, reason(graph.origin(of: value)))
    }
}

/// A place where the pattern of a rule was nearly there.
package struct NearMiss: Sendable, Hashable, Encodable {
    package let rule, function: String
    /// Operator and name of the node at which the pattern ends.
    package let node: String
    /// Nodes of the pattern that were there, its end included.
    package let matched: Int
    /// What was looked for, and what stood there instead.
    package let reason: String

    /// What `pipelines` leave of `module` that rules of theirs took for their own at first: patterns of which `least` nodes and more were there, or
    /// all that was asked for but for other readers.
    ///
    /// `module` is the result of the pipelines: rules that still match there are left out.
    package static func all(in module: Module, _ pipelines: [Pipeline], least: Int = 3) -> [NearMiss] {
        var seen: Set<String> = []
        let rules = pipelines.flatMap(\.steps).flatMap(\.rules).filter { seen.insert($0.name).inserted }
        return module.functions.flatMap { graph in
            graph.nodes.flatMap { node in rules.compactMap { miss(of: $0, node, graph, module, least) } }
        }
    }

    private static func miss(of rule: any Rule, _ node: Node, _ graph: Graph, _ module: Module, _ least: Int) -> NearMiss? {
        guard let anchors = rule.anchors, anchors.contains(node.opName) else { return nil }
        let trace = MatchTrace(graph, at: node)
        let patch = try? MatchTrace.$current.withValue(trace) { try rule.patch(at: node, in: graph, of: module) }
        guard patch == nil, let deepest = trace.deepest, deepest.depth >= (deepest.isThere ? 2 : least) else { return nil }
        return NearMiss(
            rule: rule.name, function: graph.name, node: "\(node.opName) '\(node.name)'", matched: deepest.depth, reason: deepest.reason)
    }
}

extension Pipeline.Step {
    fileprivate var rules: [any Rule] { if case .rules(let rules) = work { rules } else { [] } }
}
