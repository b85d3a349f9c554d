import Formats
import FourM
import FourMModels
import IR
import Importers

/// Checkpoints of 4M models and their tokenizers: safetensors, shards with an index, files of `torch.save`, Hub folders of these.
struct FourMModelImporter: ModelImporter {
    let name = "4M checkpoint"

    func recognizes(_ source: ModelSource) -> Bool {
        if source.isBundle { return false }
        if source.isFolder { return !source.names.isEmpty }
        return Checkpoint.recognises(source.head, path: source.path)
    }

    func load(_ source: ModelSource, _ options: Model.Options) throws -> ImportedModel {
        let adapters = options.adapters.map { LoRASource(path: $0.file, scale: $0.scale) }
        let checkpoint = try ModelLoader.checkpoint(
            source.path, config: options.configuration, stateKey: options.stateKey, lora: adapters)
        // A snapshot's folder is called after its commit.
        let named = source.repository.map { checkpoint.renamed($0.name) } ?? checkpoint
        let module = try FourMImporter.importModel(named, part: TokenizerPart(rawValue: options.part.rawValue) ?? .whole)
        let stored = Set(checkpoint.tensors.keys)
        return ImportedModel(module: module, files: checkpoint.files) { stored.contains($0) }
    }
}
