import Foundation
import IR
import Passes
import Runtime

/// Finds which layers need more than the scheme of their precision: how much each of them alone moves the results of calls is measured, and
/// those that do most harm are raised.
package struct MixedPrecision {
    /// After the clean pipeline.
    let clean: Module
    let policy: PrecisionPolicy
    let halfRange: Bool
    /// What layers are raised to.
    private(set) var raised: LayerScheme
    let references: [(call: CallRecorder.Call, outputs: [String: Tensor])]
    /// How many calls of each function there are, of which some are run.
    let callCounts: [String: Int]
    /// Told of progress, 0…1.
    package var onProgress: ((Double) -> Void)?
    /// Whether only results that are integers count.
    package var countsTokensAlone = false

    /// A layer that may be raised.
    package struct Candidate: Sendable, Hashable {
        package let node: String
        let scheme: LayerScheme
        /// Functions that have it.
        let functions: Set<String>
        /// Elements of its weights.
        package let count: Int
        /// The largest error (``OutputAccuracy/error``) that it alone makes.
        package fileprivate(set) var damage = 0.0
    }

    /// What was found.
    package struct Result: Sendable {
        /// The policy with overrides for the raised layers.
        package let policy: PrecisionPolicy
        package let raised: [String]
        /// What they were raised to.
        package let scheme: LayerScheme
        /// Of all layers that could be raised.
        package let of: Int
        /// The largest error of any result.
        package let error: Double
        /// How many times as fast as f32 the calls are, where that was looked at.
        package var speedup: Double?
    }

    /// Calls of each function that are run.
    private static let calls = 12

    /// - Parameters:
    ///   - policy: with integers for its weights.
    ///   - options: for the clean pipeline; rules that it lacks are passed over.
    /// - Throws: what the pipelines and running the functions throw.
    package init(
        _ module: Module, _ policy: PrecisionPolicy, halfRange: Bool, raisingTo raised: LayerScheme, _ calls: [CallRecorder.Call],
        _ options: PassOptions = PassOptions()
    ) throws {
        var own = options
        own.disabled.formIntersection(Pipeline.clean.transformations.map(\.name))
        clean = try PassManager.run(module, .clean, own).module
        (self.policy, self.halfRange, self.raised) = (policy, halfRange, raised)
        let kept = clean
        let grouped = Dictionary(grouping: calls.filter { kept.function($0.function) != nil }, by: \.function)
        callCounts = grouped.mapValues(\.count)
        let chosen = grouped.sorted { $0.key < $1.key }.flatMap { CallRecorder.spread($0.value, most: MixedPrecision.calls) }
        let session = Session(try Plan(clean.keeping(functions: Set(chosen.map(\.function)))))
        references = try chosen.map { ($0, try session.run($0.function, $0.inputs)) }
    }

    /// Raises as few layers as bring the error of every result down to `error`, found by halves among those that do most harm.
    /// - Parameter last: what they are raised to where the scheme of this search does not suffice; nil for nothing else.
    /// - Throws: ``CalibrationError`` if raising all of them does not suffice.
    package func search(error limit: Double, otherwise last: LayerScheme? = nil) throws -> Result {
        // Layers need not be measured where all is well.
        let reached = try error(raising: [])
        if reached <= limit { return result([], of: open(rounded()), reached) }
        return try search(limit, try measured(), otherwise: last)
    }

    private func search(_ limit: Double, _ measured: [Candidate], otherwise last: LayerScheme?) throws -> Result {
        let ranked = open(measured)
        var (few, many) = (0, ranked.count)
        var reached = try error(raising: ranked[...])
        guard reached <= limit else {
            if let last {
                var other = self
                other.raised = last
                return try other.search(limit, measured, otherwise: nil)
            }
            throw CalibrationError(
                "an error of \(limit) cannot be reached by raising layers to \(raised.rawValue): with all \(ranked.count) of them it is "
                    + String(format: "%.4g", reached))
        }
        while few < many {
            let middle = (few + many) / 2
            let found = try error(raising: ranked[..<middle])
            if found <= limit { (many, reached) = (middle, found) } else { few = middle + 1 }
        }
        return result(Array(ranked[..<many]), of: ranked, reached)
    }

    /// What raising layers may take.
    package enum Room: Sendable {
        case bytes(Int)
        /// Bits for each weight of the layers, on average, theirs included.
        case bits(Double)
    }

    /// Raises those layers that do most harm for what raising them takes, as far as there is room.
    /// - Parameter bytes: of a weight in a scheme.
    package func spend(_ room: Room, bytes: (LayerScheme) -> Double) throws -> Result {
        func cost(_ candidate: Candidate) -> Double { Double(candidate.count) * max(bytes(raised) - bytes(candidate.scheme), 0) }
        let all = try candidates()
        var left: Double
        switch room {
        case .bytes(let count): left = Double(count)
        case .bits(let bits): left = all.reduce(0) { $0 + Double($1.count) * (bits / 8 - bytes($1.scheme)) }
        }
        var chosen: [Candidate] = []
        let ranked = all.sorted { ($0.damage / max(cost($0), 1), $1.node) > ($1.damage / max(cost($1), 1), $0.node) }
        for candidate in ranked where cost(candidate) <= left {
            left -= cost(candidate)
            chosen.append(candidate)
        }
        return result(chosen, of: ranked, try error(raising: chosen[...]))
    }

    func result(_ chosen: [Candidate], of all: [Candidate], _ error: Double) -> Result {
        Result(policy: raising(chosen[...]), raised: chosen.map(\.node), scheme: raised, of: all.count, error: error)
    }

    func raising(_ chosen: ArraySlice<Candidate>) -> PrecisionPolicy {
        var made = policy
        made.overrides += chosen.map { PrecisionPolicy.Override(NamePattern(exactly: $0.node), raised) }
        return made
    }

    /// The largest error of any result.
    func error(raising chosen: ArraySlice<Candidate>) throws -> Double {
        try error(raising(chosen), Set(references.map(\.call.function)))
    }

    private func error(_ policy: PrecisionPolicy, _ functions: Set<String>) throws -> Double {
        let session = try session(policy, functions)
        var comparison = OutputComparison()
        for reference in references where functions.contains(reference.call.function) {
            let outputs = try session.run(reference.call.function, reference.call.inputs)
            comparison.add(reference.call.function, reference: reference.outputs, other: outputs)
        }
        return comparison.outputs.filter { $0.isInteger || !countsTokensAlone }.map(\.error).max() ?? 0
    }

    /// Runs `functions` as `policy` says.
    func session(_ policy: PrecisionPolicy, _ functions: Set<String>) throws -> Session {
        let kept = clean.keeping(functions: functions)
        return Session(try Plan(try policy.pipeline(halfRange: halfRange).map { try PassManager.run(kept, $0).module } ?? kept))
    }

    /// The layers that may be raised, those that do most harm first.
    func candidates() throws -> [Candidate] { open(try measured()) }

    private func open(_ measured: [Candidate]) -> [Candidate] { measured.filter { $0.scheme != raised } }

    /// The layers that the policy rounds to integers and that calls reach, those that do most harm first.
    private func measured() throws -> [Candidate] {
        var all = rounded()
        for index in all.indices {
            // With all that calibration found.
            var alone = policy
            alone.precision = .f32
            alone.overrides = [PrecisionPolicy.Override(NamePattern(exactly: all[index].node), all[index].scheme)]
            all[index].damage = try error(alone, all[index].functions)
            onProgress?(Double(index + 1) / Double(all.count))
        }
        return all.sorted { ($0.damage, $1.node) > ($1.damage, $0.node) }
    }

    /// The layers that the policy rounds to integers and that calls reach, by name.
    func rounded() -> [Candidate] {
        var found: [String: Candidate] = [:]
        let functions = Set(references.map(\.call.function))
        for graph in clean.functions where functions.contains(graph.name) {
            for node in graph.nodes {
                let scheme = policy.scheme(of: node, in: graph)
                guard scheme.isInteger, let count = MixedPrecision.count(node, graph, clean), !node.name.isEmpty else {
                    continue
                }
                let known = found[node.name]
                found[node.name] = Candidate(
                    node: node.name, scheme: scheme, functions: (known?.functions ?? []).union([graph.name]),
                    count: max(known?.count ?? 0, count))
            }
        }
        return found.values.sorted { $0.node < $1.node }
    }

    /// Elements of the weights of a dense layer or filter; nil for other nodes. Attention has none.
    private static func count(_ node: Node, _ graph: Graph, _ module: Module) -> Int? {
        if let layer = DenseLayer(node, graph, module) {
            return layer.weights.reduce(0) { $0 + ($1.constant.type.elementCount.value ?? 0) }
        }
        if let filter = PrecisionPolicy.filter(of: node, graph, module) { return filter.type.elementCount.value }
        return (node.op as? Attention).map { _ in 0 }
    }
}

/// Why a model cannot be rounded as was asked.
package struct CalibrationError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
