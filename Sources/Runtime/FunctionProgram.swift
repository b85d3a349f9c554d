import IR

/// A function as parts that run one after the other.
///
/// A segment is planned as a whole, once for each binding of its symbols. It ends where a size is born that data decide, or where something
/// must be evaluated: a call, a sequence, a string. What does not depend on that does not wait for it: so a function has as few segments as
/// its longest chain of such nodes asks for, and one that has none of them is one segment.
final class FunctionProgram: Sendable {
    enum Part: Sendable {
        case segment(Segment)
        case evaluation(Node)
    }

    /// Nodes between values that are computed before and values that are needed later.
    struct Segment: Sendable {
        let id: SegmentID
        let graph: Graph
        let inputs: [ValueID]
        let outputs: [ValueID]
        /// What a plan of it depends on.
        let symbols: Set<String>
    }

    let graph: Graph
    let parts: [Part]
    /// Values that no part after that one reads, for each part.
    let releases: [[ValueID]]

    init(_ graph: Graph) throws {
        self.graph = graph
        let phases = Phases(graph)
        guard phases.hasEvaluations || !graph.takesAndGivesTensors else {
            let id = SegmentID(function: graph.name, number: 0)
            let outputs = graph.outputs.map(\.value)
            parts = [.segment(Segment(id: id, graph: graph, inputs: graph.inputs, outputs: outputs, symbols: graph.symbols))]
            releases = [[]]
            return
        }
        let ordered = phases.groups
        var made: [Part] = []
        for (index, group) in ordered.enumerated() {
            switch group {
            case .evaluation(let node): made.append(.evaluation(node))
            case .segment(let nodes):
                made.append(.segment(try FunctionProgram.segment(nodes, graph, number: index, of: ordered)))
            }
        }
        parts = made
        releases = FunctionProgram.releases(of: made, graph)
    }

    /// The segment that is the whole function, if it is one.
    var whole: Segment? {
        // One that is a part has outputs of its own names, and the function perhaps others that no node computes.
        guard parts.count == 1, case .segment(let segment) = parts[0], segment.id.number == 0 else { return nil }
        return segment
    }

    private static func segment(_ nodes: [Node], _ graph: Graph, number index: Int, of groups: [Phases.Group]) throws -> Segment {
        // Packed weights are the plan's and no values: each segment says for itself what it reads packed.
        let nodes = graph.packs(for: nodes) + nodes
        let own = Set(nodes.flatMap(\.outputs))
        var inputs: [ValueID] = []
        var seen: Set<ValueID> = []
        for case let input? in nodes.flatMap(\.inputs) where !own.contains(input) && graph.constantKey(of: input) == nil {
            if seen.insert(input).inserted { inputs.append(input) }
        }
        var needed = Set(graph.outputs.map(\.value))
        for group in groups[(index + 1)...] { for node in group.nodes { needed.formUnion(node.inputs.compactMap { $0 }) } }
        let outputs = nodes.filter { !($0.op is Pack) }.flatMap(\.outputs).filter(needed.contains)
        func named(_ values: [ValueID]) -> [(String, ValueID)] { values.map { ("%\($0.index)", $0) } }
        let part = try graph.part(named: graph.name, nodes, inputs: named(inputs), outputs: named(outputs))
        let id = SegmentID(function: graph.name, number: index + 1)
        return Segment(id: id, graph: part, inputs: inputs, outputs: outputs, symbols: part.symbols)
    }

    private static func releases(of parts: [Part], _ graph: Graph) -> [[ValueID]] {
        var needed = Set(graph.outputs.map(\.value))
        var releases: [[ValueID]] = []
        for part in parts.reversed() {
            let touched = Set(part.reads + part.gives)
            releases.append(touched.subtracting(needed).sorted())
            needed.formUnion(part.reads)
        }
        return releases.reversed()
    }
}

/// One segment of one function.
struct SegmentID: Hashable, Sendable {
    let function: String
    /// 0 for the whole function.
    let number: Int
}

extension Graph {
    /// Whether all that goes in and out is memory that kernels read and write.
    fileprivate var takesAndGivesTensors: Bool {
        (inputs + outputs.map(\.value)).allSatisfy { valueType(of: $0).tensor.map { $0.dtype != .string } ?? false }
    }

    /// The nodes that pack what `nodes` read packed.
    fileprivate func packs(for nodes: [Node]) -> [Node] {
        let read = Set(nodes.flatMap(\.inputs).compactMap { $0 }.compactMap { producer(of: $0) }.filter { $0.op is Pack }.map(\.id))
        return read.sorted().compactMap { node($0) }
    }
}

extension FunctionProgram.Part {
    var gives: [ValueID] {
        switch self {
        case .segment(let segment): segment.outputs
        case .evaluation(let node): node.outputs
        }
    }

    var reads: [ValueID] {
        switch self {
        case .segment(let segment): segment.inputs
        case .evaluation(let node): node.inputs.compactMap { $0 }
        }
    }
}

/// Nodes in the order of what they wait for: each phase is a segment and the evaluations that need it.
private struct Phases {
    enum Group {
        case segment([Node])
        case evaluation(Node)

        var nodes: [Node] {
            switch self {
            case .segment(let nodes): nodes
            case .evaluation(let node): [node]
            }
        }
    }

    private var segments: [[Node]] = []
    private var evaluations: [[Node]] = []

    var hasEvaluations: Bool { evaluations.contains { !$0.isEmpty } }

    init(_ graph: Graph) {
        var phaseOfValue: [ValueID: Int] = [:]
        var phaseOfSize: [String: Int] = [:]
        let decidesSizes = graph.nodes.contains { !$0.sizes.isEmpty }
        for node in graph.nodes where !(node.op is Pack) {
            var phase = node.inputs.reduce(0) { max($0, $1.flatMap { phaseOfValue[$0] } ?? 0) }
            if decidesSizes { for size in graph.symbolsRead(by: node) { phase = max(phase, phaseOfSize[size] ?? 0) } }
            while segments.count <= phase { segments.append([]); evaluations.append([]) }
            let isEvaluated = Phases.isEvaluated(node, graph)
            if isEvaluated { evaluations[phase].append(node) } else { segments[phase].append(node) }
            let ready = isEvaluated ? phase + 1 : phase
            for output in node.outputs { phaseOfValue[output] = ready }
            for size in node.sizes { phaseOfSize[size] = ready }
        }
    }

    var groups: [Group] {
        zip(segments, evaluations).flatMap { nodes, evaluated in
            (nodes.isEmpty ? [] : [.segment(nodes)]) + evaluated.map { .evaluation($0) }
        }
    }

    /// Whether `node` is more than kernels over tensors whose sizes are known before they run.
    private static func isEvaluated(_ node: Node, _ graph: Graph) -> Bool {
        guard node.op is any Lowerable, node.sizes.isEmpty else { return true }
        return (node.inputs.compactMap { $0 } + node.outputs).contains { value in
            graph.valueType(of: value).tensor.map { $0.dtype == .string } ?? true
        }
    }
}
