import FourMModels
import FourMSettings
import FourMTraining
import IR
import Importers
import Inspect
import Passes
import Training

/// Which tensors of a 4M model are trained, and which of them have no gradient at a step.
///
/// Source: `get_parameter_groups` in `fourm/utils/optim_factory.py`, `freeze_shared_params` and `freeze_params_except_specific_embeddings` in
/// `fourm/models/fm.py`.
struct FMParameters: Sendable {
    let groups: [ParameterGroup]
    /// Of the first epochs.
    let frozen: Set<String>
    /// By modality: what only its own targets give a gradient.
    let heads: [String: Set<String>]

    /// - Throws: `WorkError` for a pattern that fits nothing.
    init(_ model: StartingModel, _ run: FMRunSettings, outputs: [String]) throws {
        let read = model.module.keeping(functions: [LossFunction.name]).constants.values
        let all = read.filter { $0.type.dtype == .f32 && !model.fixed.contains($0.key) && $0.key.contains { $0 == "." || $0 == "_" } }.map(\.key).sorted()
        let names = Set(model.module.constants.keys)
        let trained = try FMParameters.chosen(all.filter(names.contains), run)
        var grouping = ParameterGrouping(weightDecay: run.weightDecay)
        grouping.decoderWeightDecay = run.decoderDecay
        let architecture = model.module.metadata.section(.architecture)
        grouping.layerDecay = run.layerDecay.flatMap { decay in
            decay < 1
                ? LayerDecay(decay, encoderLayers: architecture.integer(.encoderDepth) ?? 0, decoderLayers: architecture.integer(.decoderDepth) ?? 0)
                : nil
        }
        groups = grouping.groups(trained)
        frozen = Set(trained.filter { FMParameters.isFrozen($0, run.frozenDomains) })
        heads = Dictionary(
            uniqueKeysWithValues: outputs.map { ($0, FMParameters.head(of: $0, model.module).intersection(trained)) })
    }

    /// Those that `train` names, or all, without those that `freeze` names.
    private static func chosen(_ all: [String], _ run: FMRunSettings) throws -> [String] {
        func fitting(_ patterns: [String], _ key: String) throws -> Set<String> {
            var found: Set<String> = []
            for pattern in patterns {
                let fits = all.filter { NamePattern(pattern).fits($0) }
                guard !fits.isEmpty else {
                    throw WorkError("\(key): no parameter is called '\(pattern)'; there are \(all.prefix(8).joined(separator: ", ")), …")
                }
                found.formUnion(fits)
            }
            return found
        }
        let wanted = try run.trains.map { try fitting($0, "train") } ?? Set(all)
        let left = try run.freezes.map { try fitting($0, "freeze") } ?? []
        let chosen = all.filter { wanted.contains($0) && !left.contains($0) }
        guard !chosen.isEmpty else { throw WorkError("'train' and 'freeze' leave no parameter to train") }
        return chosen
    }

    /// Layers and norms of both sides; with `domains` their embeddings too (their names notwithstanding, the reference's functions freeze these).
    private static func isFrozen(_ key: String, _ domains: [String]?) -> Bool {
        if ["encoder.", "decoder.", "encoder_norm.", "decoder_norm."].contains(where: key.hasPrefix) { return true }
        guard let domains else { return false }
        let parts = key.split(separator: ".")
        return parts.count > 1 && parts[0].hasSuffix("_embeddings") && domains.contains(String(parts[1]))
    }

    /// What only the logits of a modality read.
    private static func head(of name: String, _ module: Module) -> Set<String> {
        let own = Set(module.keeping(functions: [FourMFunction.logits(name)]).constants.keys)
        let embeddings = [FourMFunction.embedDecoderIDs(name)].filter { module.function($0) != nil && isSequence(name, module) }
        return own.subtracting(module.keeping(functions: Set(embeddings)).constants.keys)
    }

    /// Texts embed the tokens that they predict; images do not.
    private static func isSequence(_ name: String, _ module: Module) -> Bool { module.function(FourMFunction.embedDecoder(name)) == nil }
}
