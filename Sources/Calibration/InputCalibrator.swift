import IR
import Passes
import Runtime

/// Finds what a policy must know of the inputs of layers: ranges for those that are rounded over one, and scales that move between norms and weights.
package struct InputCalibrator {
    /// As imported.
    let module: Module
    let options: PassOptions
    let halfRange: Bool
    let observer: Observer
    /// Whether scales may move.
    let movesScales: Bool
    /// Told of progress, 0…1.
    package var onProgress: ((Double) -> Void)?

    package init(
        _ module: Module, observer: Observer, movesScales: Bool, halfRange: Bool, _ options: PassOptions = PassOptions()
    ) {
        (self.module, self.observer, self.movesScales, self.halfRange, self.options) = (module, observer, movesScales, halfRange, options)
    }

    /// Layers whose inputs are looked at together.
    private static let layersAtOnce = 24

    /// `policy` with what was found for `calls`.
    /// - Throws: what the clean pipeline and running the functions throw.
    package func run(_ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> PrecisionPolicy {
        var made = policy
        if movesScales { made.migrations = try migrations(policy, calls) }
        if policy.schemes.contains(.int8Static) { made.inputRanges = try ranges(made, calls) }
        return made
    }

    private func clean(_ policy: PrecisionPolicy) throws -> Module {
        try Calibrator(module, policy, halfRange: halfRange, options).cleaned()
    }

    private func migrations(_ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> [String: [Float]] {
        let clean = try clean(policy)
        var sites: [String: (site: MigrationSite, schemes: [LayerScheme])] = [:]
        for graph in clean.functions {
            for node in graph.nodes {
                guard let site = MigrationSite(node, graph, clean) else { continue }
                let schemes = site.layers.map { policy.scheme(of: $0.node, in: graph) }
                if sites[site.key] == nil, schemes.contains(where: \.isInteger) { sites[site.key] = (site, schemes) }
            }
        }
        let depths = sites.mapValues { Optional($0.site.channels) }
        let range = halfRange ? WeightRange.half : .full
        var found: [String: [Float]] = [:]
        try forEach(depths, clean, calls) { key, statistics in
            guard let (site, schemes) = sites[key] else { return }
            found[key] = ScaleMigration(
                site: site, statistics: statistics, schemes: schemes, range: range, groups: policy.groups
            ).scales()
        }
        return found
    }

    private func ranges(_ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> [String: PrecisionPolicy.InputRange] {
        let clean = try clean(policy)
        var depths: [String: Int?] = [:]
        for graph in clean.functions {
            for node in graph.nodes where policy.scheme(of: node, in: graph) == .int8Static {
                if let layer = DenseLayer(node, graph, clean), let weight = layer.weights.first?.constant {
                    depths[weight.key] = .some(weight.type.shape.last?.value)
                } else if let filter = PrecisionPolicy.filter(of: node, graph, clean) {
                    depths[filter.key] = .some(nil)
                }
            }
        }
        var found: [String: PrecisionPolicy.InputRange] = [:]
        try forEach(depths, clean, calls) { key, statistics in
            let range = observer.range(of: statistics.histogram)
            if range.isUsable { found[key] = range }
        }
        return found
    }

    /// Calls `body` with the key of each layer and what its inputs were like; `depths` has inputs of dense layers, nil for convolutions.
    private func forEach(
        _ depths: [String: Int?], _ clean: Module, _ calls: [CallRecorder.Call], _ body: (String, InputStatistics) throws -> Void
    ) throws {
        let keys = depths.keys.sorted()
        for start in stride(from: 0, to: keys.count, by: InputCalibrator.layersAtOnce) {
            let batch = Set(keys[start..<min(start + InputCalibrator.layersAtOnce, keys.count)])
            var statistics: [String: InputStatistics] = [:]
            for (function, own) in Dictionary(grouping: calls, by: \.function).sorted(by: { $0.key < $1.key }) {
                guard let tapped = try TappedFunction(clean, function, batch, .values) else { continue }
                let session = Session(try Plan(tapped.module))
                for call in own {
                    for (name, x) in try session.run(function, call.inputs) {
                        for key in (tapped.weights[name] ?? []) {
                            statistics[key, default: InputStatistics(calls: calls.count)].add(x, depth: depths[key] ?? nil)
                        }
                    }
                }
            }
            for key in batch.sorted() { if let own = statistics[key] { try body(key, own) } }
            onProgress?(Double(min(start + InputCalibrator.layersAtOnce, keys.count)) / Double(max(keys.count, 1)))
        }
    }
}
