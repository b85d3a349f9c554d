import Artifact
import Formats
import IR
import Importers
import Passes
import Runtime

/// From a checkpoint to a runnable plan: import, clean, plan.
package enum ModelLoader {
    /// The compiled model at `path`; nil for a checkpoint.
    /// - Throws: `CheckpointError` naming file, tensor or version; also if there are adapters to merge, which a compiled model cannot take.
    package static func artifact(_ path: String, lora: [LoRASource] = []) throws -> Artifact? {
        guard Artifact.isArtifact(path) else { return nil }
        guard lora.isEmpty else {
            throw CheckpointError(
                .unsupported, file: path, "is a compiled model, into which no adapters can be merged",
                advice: "compile the checkpoint with them: tessera compile CHECKPOINT --lora FILE -o FILE.tess")
        }
        return try Artifact(path: path)
    }

    /// The model at `path` (a file, shard index or folder), compiled, text of the IR or a checkpoint; of a checkpoint's tokenizer, `part` of it.
    /// - Parameter lora: adapters to merge into its weights.
    /// - Throws: `CheckpointError` or `ImportError` naming file, tensor or key.
    package static func read(_ path: String, part: TokenizerPart = .whole, lora: [LoRASource] = []) throws -> ReadModel {
        if let artifact = try artifact(path, lora: lora) { return .compiled(artifact) }
        if let module = try text(path, lora: lora) { return .imported(module) }
        return .imported(try FourMImporter.importModel(checkpoint(path, lora: lora), part: part))
    }

    /// The module that `path` is the text of; nil for anything else.
    /// - Throws: `CheckpointError` naming file and line; also if there are adapters to merge.
    package static func text(_ path: String, lora: [LoRASource] = []) throws -> Module? {
        guard IRTextFile.isIRText(path) else { return nil }
        guard lora.isEmpty else {
            throw CheckpointError(
                .unsupported, file: path, "is text of the IR, into which no adapters can be merged",
                advice: "merge them into the checkpoint: tessera opt CHECKPOINT --lora FILE -o FILE.ir")
        }
        return try IRTextFile.read(path)
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

    /// The pipelines of a clean module whose dense layers are in `precision`, for the kernels of `set`.
    package static func pipelines(_ precision: PrecisionPolicy, for set: Machine.InstructionSet = Machine.active) -> [Pipeline] {
        [.clean] + [precision.pipeline(halfRange: Machine.prefersHalfRangeWeights(on: set))].compactMap { $0 }
    }

    /// `module` after the clean pipeline, its dense layers in `precision`; `options` are for both pipelines.
    package static func cleaned(
        _ module: Module, _ options: PassOptions = PassOptions(), precision: PrecisionPolicy = .f32
    ) throws -> Module {
        try rewritten(module, to: .clean, options, precision: precision).module
    }

    /// `module` at `stage`, its dense layers in `precision`, with what was done to it; one that is clean already is not cleaned again.
    /// - Parameter options: for all pipelines up to that stage.
    package static func rewritten(
        _ module: Module, to stage: Module.Stage, _ options: PassOptions = PassOptions(), precision: PrecisionPolicy = .f32
    ) throws -> PassResult {
        let own = pipelines(precision).dropFirst(module.stage == .imported ? 0 : 1)
        let all = stage == .imported ? [] : Array(own) + (stage == .lowered ? [Plan.pipeline] : [])
        return try PassManager.run(raised(module), all, options)
    }

    /// Pipelines begin with what is not lowered.
    private static func raised(_ module: Module) throws -> Module { module.stage == .lowered ? try module.raised() : module }

    /// A plan of `module`, its dense layers in `precision`; `options` are for all pipelines, that of the plan included.
    /// - Parameter cleans: whether the clean pipeline is one of them.
    package static func plan(_ module: Module, _ options: PassOptions, precision: PrecisionPolicy, cleans: Bool = true) throws -> Plan {
        let (clean, rest) = try cleanedForPlan(module, options, precision, cleans: cleans)
        return try Plan(clean, rest)
    }

    /// What a plan of `module` is made of, its weights packed for `set`, which may be of another machine.
    package static func packed(
        _ module: Module, _ options: PassOptions, precision: PrecisionPolicy, for set: Machine.InstructionSet, cleans: Bool = true
    ) throws -> PackedModule {
        let (clean, rest) = try cleanedForPlan(module, options, precision, for: set, cleans: cleans)
        return try PackedModule(clean, for: set, rest)
    }

    /// A clean module, and what is left of `options` for the plan's pipeline.
    private static func cleanedForPlan(
        _ module: Module, _ options: PassOptions, _ precision: PrecisionPolicy, for set: Machine.InstructionSet = Machine.active,
        cleans: Bool = true
    ) throws -> (Module, PassOptions) {
        // Text of the IR that is clean stands as its writer wants it.
        let pipelines = Array(pipelines(precision, for: set).dropFirst(cleans && module.stage == .imported ? 0 : 1))
        let later = Set(Plan.pipeline.transformations.map(\.name))
        var (own, rest) = (options, options)
        own.disabled.subtract(later.subtracting(pipelines.flatMap { $0.transformations.map(\.name) }))
        let result = try PassManager.run(raised(module), pipelines, own)
        rest = options.following(steps: pipelines.reduce(0) { $0 + $1.steps.count }, patches: result.patchCount)
        rest.disabled = options.disabled.intersection(later)
        return (result.module, rest)
    }

    /// A plan for the model at `path`, as ``read(_:part:lora:)`` and ``ReadModel/plan(_:precision:)``.
    package static func plan(
        _ path: String, part: TokenizerPart = .whole, lora: [LoRASource] = [], _ options: PassOptions = PassOptions(),
        precision: PrecisionPolicy = .f32
    ) throws -> Plan {
        try read(path, part: part, lora: lora).plan(options, precision: precision)
    }
}
