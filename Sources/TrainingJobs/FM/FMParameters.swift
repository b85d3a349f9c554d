import FourMModels
import FourMSettings
import FourMTraining
import IR
import Importers
import Inspect
import Passes
import Training

/// Which tensors of a 4M model are trained, and how.
struct FMParameters: Sendable {
    let groups: [ParameterGroup]
    /// What does not learn in the first epochs.
    let frozen: Set<String>

    /// - Throws: `WorkError` for a pattern that fits nothing.
    init(_ model: StartingModel, _ run: FMRunSettings) throws {
        let module = model.modelling.module
        let learned = module.constants.keys.filter { $0.hasSuffix(".pos_emb") && !model.fixed.contains($0) }
        let added = Set(model.adapters?.parameters ?? [])
        let own = (model.modelling.parameters + learned).filter { !added.contains($0) }.sorted()
        // Of a model with adapters, what is named learns beside them.
        let chosen = try added.isEmpty || run.trains != nil ? FMParameters.chosen(own, run) : []
        let trained = chosen + added.sorted()
        var grouping = ParameterGrouping(weightDecay: run.weightDecay)
        grouping.decoderWeightDecay = run.decoderDecay
        let architecture = module.metadata.section(.architecture)
        if let decay = run.layerDecay, decay < 1 {
            grouping.layerDecay = LayerDecay(
                decay, encoderLayers: architecture.integer(.encoderDepth) ?? 0, decoderLayers: architecture.integer(.decoderDepth) ?? 0)
        }
        groups = grouping.groups(trained)
        let part = FrozenPart.shared(run.frozenDomains.map { .of(Set($0)) } ?? .none)
        frozen = Set(trained.filter(part.contains))
    }

    /// Those that `train` names, or all, without those that `freeze` names.
    private static func chosen(_ all: [String], _ run: FMRunSettings) throws -> [String] {
        func fitting(_ patterns: [String], _ key: String) throws -> Set<String> {
            try patterns.reduce(into: []) { found, pattern in
                let fits = all.filter { NamePattern(pattern).fits($0) }
                guard !fits.isEmpty else {
                    throw WorkError("\(key): no parameter is called '\(pattern)'; there are \(all.prefix(8).joined(separator: ", ")), …")
                }
                found.formUnion(fits)
            }
        }
        let wanted = try run.trains.map { try fitting($0, "train") } ?? Set(all)
        let left = try run.freezes.map { try fitting($0, "freeze") } ?? []
        let chosen = all.filter { wanted.contains($0) && !left.contains($0) }
        guard !chosen.isEmpty else { throw WorkError("'train' and 'freeze' leave no parameter to train") }
        return chosen
    }
}
