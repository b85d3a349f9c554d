import Formats
import IR
import Importers
import Passes
import Runtime

extension ModelLoader {
    /// The part of the 4M transformer at `path` that `scope` names; a compiled one is whole.
    /// - Throws: `CheckpointError` or `ImportError` naming file, tensor, key or modality.
    package static func read(_ path: String, scope: ImportScope, lora: [LoRASource] = []) throws -> ReadModel {
        if let artifact = try artifact(path, lora: lora) { return .compiled(artifact) }
        if let module = try text(path, lora: lora) { return .imported(module) }
        return .imported(try FourMImporter.importModel(checkpoint(path, lora: lora), scope: scope))
    }
}
