import Formats
import IR
import Importers
import Passes
import Runtime

/// From a checkpoint to a runnable plan: import, clean, plan.
package enum ModelLoader {
    /// The module of the checkpoint at `path` (a file, shard index or folder) as imported; of a tokenizer, `part` of it.
    /// - Parameter lora: adapters to merge into its weights.
    /// - Throws: `CheckpointError` or `ImportError` naming file, tensor or key.
    package static func imported(_ path: String, part: TokenizerPart = .whole, lora: [LoRASource] = []) throws -> Module {
        try FourMImporter.importModel(checkpoint(path, lora: lora), part: part)
    }

    /// The checkpoint at `path` with its own adapters merged, then those of `lora`.
    /// - Parameters:
    ///   - stateKey: where in the file the model is; see `Checkpoint.open`.
    ///   - loraScale: of its own adapters, instead of what its configuration says.
    /// - Throws: `CheckpointError` naming file, tensor or key.
    package static func checkpoint(
        _ path: String, config: String? = nil, stateKey: String? = nil, lora: [LoRASource] = [], loraScale: Double? = nil
    ) throws -> Checkpoint {
        let opened = try Checkpoint.open(path, config: config, stateKey: stateKey)
        return try lora.reduce(opened.mergingOwnAdapters(scale: loraScale)) { try $0.merging($1) }
    }

    /// `module` after the clean pipeline, its dense layers in `precision`; `options` are for both pipelines.
    package static func cleaned(
        _ module: Module, _ options: PassOptions = PassOptions(), precision: Precision = .f32
    ) throws -> Module {
        let second = precision.pipeline(halfRange: Machine.prefersHalfRangeWeights)
        return try PassManager.run(module, [.clean] + (second.map { [$0] } ?? []), options).module
    }

    /// A plan for the checkpoint at `path`; of a tokenizer, for `part` of it.
    package static func plan(
        _ path: String, part: TokenizerPart = .whole, lora: [LoRASource] = [], _ options: PassOptions = PassOptions(),
        precision: Precision = .f32
    ) throws -> Plan {
        try Plan(cleaned(imported(path, part: part, lora: lora), options, precision: precision))
    }
}
