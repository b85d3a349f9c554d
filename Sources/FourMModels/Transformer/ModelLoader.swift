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

    /// The pipelines of a clean module whose dense layers are in `precision`.
    package static func pipelines(_ precision: Precision) -> [Pipeline] {
        [.clean] + [precision.pipeline(halfRange: Machine.prefersHalfRangeWeights)].compactMap { $0 }
    }

    /// `module` after the clean pipeline, its dense layers in `precision`; `options` are for both pipelines.
    package static func cleaned(
        _ module: Module, _ options: PassOptions = PassOptions(), precision: Precision = .f32
    ) throws -> Module {
        try PassManager.run(module, pipelines(precision), options).module
    }

    /// A plan of `module`, its dense layers in `precision`; `options` are for all pipelines, that of the plan included.
    package static func plan(_ module: Module, _ options: PassOptions, precision: Precision) throws -> Plan {
        let (clean, rest) = try cleanedForPlan(module, options, precision)
        return try Plan(clean, rest)
    }

    /// The module of that plan, for looking at it.
    package static func lowered(_ module: Module, _ options: PassOptions, precision: Precision) throws -> Module {
        let (clean, rest) = try cleanedForPlan(module, options, precision)
        return try Plan.lowered(clean, rest)
    }

    /// A clean module, and what is left of `options` for the plan's pipeline.
    private static func cleanedForPlan(
        _ module: Module, _ options: PassOptions, _ precision: Precision
    ) throws -> (Module, PassOptions) {
        let pipelines = pipelines(precision)
        let later = Set(Plan.pipeline.transformations.map(\.name))
        var (own, rest) = (options, options)
        own.disabled.subtract(later.subtracting(pipelines.flatMap { $0.transformations.map(\.name) }))
        let result = try PassManager.run(module, pipelines, own)
        rest = options.following(steps: pipelines.reduce(0) { $0 + $1.steps.count }, patches: result.patchCount)
        rest.disabled = options.disabled.intersection(later)
        return (result.module, rest)
    }

    /// A plan for the checkpoint at `path`; of a tokenizer, for `part` of it.
    package static func plan(
        _ path: String, part: TokenizerPart = .whole, lora: [LoRASource] = [], _ options: PassOptions = PassOptions(),
        precision: Precision = .f32
    ) throws -> Plan {
        try Plan(cleaned(imported(path, part: part, lora: lora), options, precision: precision))
    }
}
