import IR
import Importers
import Training

/// Training of a 4M transformer by masked modelling: its module with the loss, and what of it is trained.
package struct MaskedModelling: Sendable {
    /// The module with the function `training_loss`, whose inputs ``FourMModel/lossInputs(_:decoderOrder:encoderTokens:decoderTokens:loss:)`` makes. Modality
    /// embeddings that encoder and decoder share are one constant, under the encoder's key.
    package let module: Module
    /// The other keys of shared modality embeddings, by which checkpoints hold them too.
    package let aliases: [String: String]
    private let hasNormBias: Bool
    /// What predicts each target and nothing else reads.
    private let heads: [String: Set<String>]

    /// - Parameters:
    ///   - module: of a transformer, as it is imported.
    ///   - inputs, targets: modalities in the order of the encoder and of the decoder.
    /// - Throws: ``FourMError`` for a modality that the model lacks.
    package init(_ module: Module, inputs: [String], targets: [String]) throws {
        let architecture = module.metadata.section(.architecture)
        let isShared = architecture.flag(.shareModalityEmbeddings) == true
        aliases = isShared ? MaskedModelling.aliases(module) : [:]
        hasNormBias = architecture.flag(.normBias) ?? true
        let made = try LossFunction.added(to: try module.tying(aliases), inputs: inputs, targets: targets)
        self.module = made
        heads = Dictionary(targets.map { ($0, MaskedModelling.head($0, made)) }) { $1 }
    }

    private static func aliases(_ module: Module) -> [String: String] {
        let (encoder, decoder) = ("encoder_embeddings.", "decoder_embeddings.")
        let keys = module.constants.keys.filter { $0.hasPrefix(decoder) && $0.hasSuffix(".mod_emb") }
        let pairs = keys.map { ($0, encoder + $0.dropFirst(decoder.count)) }
        return Dictionary(pairs.filter { module.constants[$0.1] != nil }) { $1 }
    }

    private static func head(_ target: String, _ module: Module) -> Set<String> {
        let name = FourMFunction.logits(target)
        guard let graph = module.function(name) else { return [] }
        let others = module.reachable(from: [LossFunction.name]).subtracting([name]).compactMap { module.function($0) }
        return others.reduce(graph.usedConstants) { $0.subtracting($1.usedConstants) }
    }

    /// Keys of all that can be trained, sorted: no position embeddings, and no biases of norms that have none but zeros.
    package var parameters: [String] {
        module.constants.values.filter { constant in
            let key = constant.key
            let parts = key.split(separator: ".")
            let isBias = parts.last == "bias" && parts.dropLast().last?.contains("norm") == true
            return constant.type.dtype.isFloat && !key.hasSuffix(".pos_emb") && (hasNormBias || !isBias)
        }.map(\.key).sorted()
    }

    /// What a trainer trains: parameters in groups.
    package func trained(_ groups: [ParameterGroup]) -> TrainedFunction { TrainedFunction(module, name: LossFunction.name, groups: groups) }

    /// Parameters that have no gradient for these inputs of the loss: heads of modalities without targets.
    package func absent(_ inputs: [String: Tensor]) -> Set<String> {
        heads.filter { inputs["target.\($0.key).rows"]?.count == 0 }.values.reduce(into: []) { $0.formUnion($1) }
    }
}

extension Module {
    /// Reads, in all functions, the constants that are values of `aliases` in place of their keys, which go.
    fileprivate func tying(_ aliases: [String: String]) throws -> Module {
        var made = self
        for function in functions where !function.usedConstants.isDisjoint(with: aliases.keys) {
            var graph = function
            for (alias, key) in aliases where function.usedConstants.contains(alias) {
                guard let type = constants[alias]?.type else { continue }
                graph.replaceUses(of: try graph.constant(alias, type), with: try graph.constant(key, type))
            }
            made.setFunction(graph)
        }
        if !aliases.isEmpty { made.removeUnusedConstants() }
        return made
    }
}
