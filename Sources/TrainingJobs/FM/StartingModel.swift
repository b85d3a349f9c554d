import Formats
import FourMModels
import FourMPresets
import FourMSettings
import FourMTraining
import IR
import Importers
import Inspect

/// The model that a training of 4M begins with: fresh, or from a checkpoint whose tensors are taken where they fit, as ml-4m's `finetune` does.
struct StartingModel {
    let modelling: MaskedModelling
    /// As ml-4m's `FM` is made with it.
    let config: ConfigDictionary
    /// Keys of what is computed and never trained.
    let fixed: Set<String>
    let notes: [String]
    /// What learns in place of the layers that have them.
    let adapters: Adapters?

    /// - Throws: `WorkError`, `ImportError`, `CheckpointError`, `SettingsError` naming file, key or tensor.
    init(_ run: FMRunSettings, inputs: [String], outputs: [String], _ modalities: (imageSize: Int, patchSize: Int)) throws {
        let start = try run.startsFrom.map { try ModelLoader.checkpoint($0) }
        let architecture = try StartingModel.architecture(run, start)
        let overrides = try StartingModel.overrides(run, start)
        config = architecture.config(
            inputs: inputs, outputs: outputs, imageSize: modalities.imageSize, patchSize: modalities.patchSize, overrides: overrides)
        let fresh = try FreshTransformer(
            Config(.dict(config), file: run.modelName), sharesHeads: architecture.sharesHeads && !StartingModel.hasOwnHeads(start),
            seed: run.seed)
        var (notes, tensors) = ([String](), [String: Constant]())
        var made: [String] = []
        for tensor in fresh.tensors {
            if let start, !fresh.isFixed(tensor.key), let taken = try StartingModel.taken(tensor, start) {
                tensors[tensor.key] = taken
            } else {
                tensors[tensor.key] = fresh.initial(tensor)
                if start != nil, !fresh.isFixed(tensor.key) { made.append(tensor.key) }
            }
        }
        if let start { notes += StartingModel.told(start, made, tensors) }
        let checkpoint = Checkpoint(name: run.modelName, tensors: tensors, config: Config(.dict(config), file: run.modelName), files: [])
        let module = try FourMImporter.importModel(checkpoint)
        adapters = try StartingModel.adapters(run, module)
        modelling = try MaskedModelling(adapters?.added(to: module, seed: run.seed) ?? module, inputs: inputs, targets: outputs)
        fixed = Set(fresh.tensors.map(\.key).filter(fresh.isFixed))
        self.notes = notes
    }

    private static func adapters(_ run: FMRunSettings, _ module: Module) throws -> Adapters? {
        guard let lora = run.lora else { return nil }
        guard let target = AdapterTarget(lora.target) else { throw WorkError("lora_target: '\(lora.target)' is not known") }
        return try Adapters(target, of: module, rank: lora.rank, scale: lora.scale)
    }

    /// The run's, or the checkpoint's where the run says so.
    private static func architecture(_ run: FMRunSettings, _ start: Checkpoint?) throws -> ModelArchitecture {
        guard run.takesArchitecture else { return run.architecture }
        guard let start else { throw WorkError("model: checkpoint needs a checkpoint; set 'finetune'") }
        return try ModelArchitecture(start.config)
    }

    private static func overrides(_ run: FMRunSettings, _ start: Checkpoint?) throws -> [String: ModalityOverride] {
        guard run.takesArchitecture, let start else { return run.modalityOverrides }
        return try ModelSkeleton.overrides(of: start.config).merging(run.modalityOverrides) { $1 }
    }

    /// Whether a head of the checkpoint differs from its token table.
    private static func hasOwnHeads(_ start: Checkpoint?) -> Bool {
        guard let start else { return false }
        return start.tensors.contains { key, head in
            guard key.hasPrefix("decoder_embeddings."), key.hasSuffix(".to_logits.weight") else { return false }
            let table = start.tensors[key.replacing(".to_logits.weight", with: ".token_emb.weight")]
            return table.map { $0.tensor?.floats != head.tensor?.floats } ?? true
        }
    }

    /// The checkpoint's tensor as f32; nil if it has none of that name.
    /// - Throws: `WorkError` for another shape, as PyTorch does.
    private static func taken(_ tensor: Constant, _ start: Checkpoint) throws -> Constant? {
        // Of an embedding that both sides share, a checkpoint may hold one.
        let other = tensor.key.replacing("encoder_embeddings.", with: "decoder_embeddings.")
        guard let found = start.tensors[tensor.key] ?? (tensor.key.hasSuffix(".mod_emb") ? start.tensors[other] : nil) else { return nil }
        guard let data = found.tensor, found.type.dtype.isFloat, data.shape == tensor.type.staticShape else {
            throw WorkError(
                "\(start.files.first ?? start.name): '\(tensor.key)' is \(found.type), the model's \(tensor.type); is 'model' the one that was trained?",
                .content)
        }
        let floats = found.type.dtype == .f32 ? data : Tensor(data.floats, data.shape)
        return Constant(key: tensor.key, type: tensor.type, bytes: floats.bytes)
    }

    private static func told(_ start: Checkpoint, _ made: [String], _ tensors: [String: Constant]) -> [String] {
        let file = start.files.first ?? start.name
        var notes = ["\(file): \(tensors.count - made.count) tensors are taken"]
        if !made.isEmpty {
            let list = made.prefix(5).joined(separator: ", ")
            notes.append("\(made.count) tensors are new and start at random: \(list)\(made.count > 5 ? ", …" : "")")
        }
        return notes
    }
}
