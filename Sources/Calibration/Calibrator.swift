import Dispatch
import IR
import Passes
import Runtime

/// Rounds the weights of a module's dense layers for the inputs that they were seen with.
package struct Calibrator {
    /// As imported.
    let module: Module
    let policy: PrecisionPolicy
    /// What weights of ``LayerScheme/int8`` are rounded to.
    let range: WeightRange
    let options: PassOptions
    /// Told of progress, 0…1.
    package var onProgress: ((Double) -> Void)?

    /// - Parameters:
    ///   - policy: decides which layers are rounded, and to what.
    ///   - options: for the clean pipeline; rules that it lacks are passed over.
    package init(_ module: Module, _ policy: PrecisionPolicy, halfRange: Bool, _ options: PassOptions = PassOptions()) {
        (self.module, self.policy, self.options) = (module, policy, options)
        range = halfRange ? .half : .full
    }

    /// What is rounded, and how well.
    package struct Result: Sendable {
        package var rounded = RoundedWeights()
        /// One for each weight, in the order of the module.
        package var layers: [RoundedLayer] = []

        package init() {}
    }

    /// Layers of more inputs are rounded to the nearest: what is known of pairs of inputs would take gigabytes.
    private static let mostInputs = 16384

    /// Memory for what is known of the inputs of layers that are rounded together.
    private static let momentBytes = 1 << 30

    /// Weights of which the policy has integers stay as they are, and are not told of.
    /// - Parameter calls: of functions of the module; those of others are passed over.
    /// - Throws: what the clean pipeline and running the functions throw.
    package func run(_ calls: [CallRecorder.Call]) throws -> Result {
        let clean = try cleaned()
        var result = Result()
        result.rounded = policy.rounded
        var left = weights(of: clean).filter { policy.rounded[$0.key(range, policy)] == nil }
        let all = left.reduce(0) { $0 + $1.count }
        var done = 0
        while !left.isEmpty {
            let batch = next(&left)
            let moments = try moments(batch, clean, calls)
            for (weight, outcome) in zip(batch, round(batch, moments)) {
                if let entry = outcome.entry { result.rounded[weight.key(range, policy)] = entry }
                result.layers.append(outcome.layer)
            }
            done += batch.reduce(0) { $0 + $1.count }
            onProgress?(Double(done) / Double(max(all, 1)))
        }
        return result
    }

    /// The module as the rules that round weights see it.
    func cleaned() throws -> Module {
        var own = options
        own.disabled.formIntersection((Pipeline.clean.transformations + policy.preparing.transformations).map(\.name))
        return try PassManager.run(module, [.clean, policy.preparing], own).module
    }

    /// A weight to be rounded.
    struct Weight {
        let constant: Constant
        let scheme: LayerScheme
        /// Of the first layer that reads it.
        let node: String
        var count: Int { constant.type.elementCount.value ?? 0 }
        var depth: Int { constant.type.shape.last?.value ?? 0 }

        /// As the rules call it.
        func key(_ range: WeightRange, _ policy: PrecisionPolicy) -> String {
            if scheme == .bf16 { return PrecisionPolicy.halfKey(of: constant, .bf16) }
            if scheme.isGrouped { return policy.groupedKey(of: constant) }
            return PrecisionPolicy.key(of: constant, scheme.range(range))
        }
    }

    private func weights(of module: Module) -> [Weight] {
        var (found, seen): ([Weight], Set<String>) = ([], [])
        for graph in module.functions {
            for node in graph.nodes {
                let scheme = policy.scheme(of: node, in: graph)
                guard scheme.isCompensated, let layer = DenseLayer(node, graph, module) else { continue }
                // A layer whose range was not found is rounded as it comes.
                let isReached = layer.weights.first.map { policy.inputRanges[$0.constant.key] != nil } ?? false
                let own = scheme == .int8Static && !isReached ? .int8 : scheme
                for (_, constant) in layer.weights where constant.type.rank == 2 {
                    let weight = Weight(constant: constant, scheme: own, node: node.name)
                    if seen.insert(weight.key(range, policy)).inserted { found.append(weight) }
                }
            }
        }
        return found
    }

    /// As many weights as memory allows to look at together, at least one.
    private func next(_ left: inout [Weight]) -> [Weight] {
        var (count, bytes) = (0, 0)
        for weight in left {
            bytes += weight.depth * weight.depth * MemoryLayout<Float>.size
            if count > 0, bytes > Self.momentBytes { break }
            count += 1
        }
        defer { left.removeFirst(count) }
        return Array(left.prefix(count))
    }

    /// What each weight was multiplied by, by the keys of the constants.
    private func moments(_ batch: [Weight], _ clean: Module, _ calls: [CallRecorder.Call]) throws -> [String: SecondMoments] {
        let keys = Set(batch.filter { $0.depth <= Self.mostInputs }.map(\.constant.key))
        let depths = Dictionary(batch.map { ($0.constant.key, $0.depth) }) { first, _ in first }
        var made: [String: SecondMoments] = [:]
        for (function, own) in Dictionary(grouping: calls, by: \.function).sorted(by: { $0.key < $1.key }) {
            guard let tapped = try TappedFunction(clean, function, keys) else { continue }
            let session = Session(try Plan(tapped.module))
            for call in own {
                let results = try session.run(function, call.inputs)
                for (name, readers) in tapped.weights {
                    guard let tensor = results[name] else { continue }
                    for key in readers {
                        guard let depth = depths[key] else { continue }
                        made[key, default: SecondMoments(depth: depth)].add(tensor)
                    }
                }
            }
        }
        return made
    }

    private func round(_ batch: [Weight], _ moments: [String: SecondMoments]) -> [(entry: RoundedWeights.Entry?, layer: RoundedLayer)] {
        batch.map { weight in
            defer { weight.constant.bytes?.evict() }
            let seen = moments[weight.constant.key] ?? SecondMoments()
            return WeightRounder(weight: weight, range: weight.scheme.range(range), groups: policy.groups, moments: seen).round()
        }
    }
}
