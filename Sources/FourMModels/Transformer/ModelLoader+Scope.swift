import Formats
import IR
import Importers
import Passes
import Runtime

extension ModelLoader {
    /// The part of the 4M transformer at `path` that `scope` names, as imported.
    /// - Throws: `CheckpointError` or `ImportError` naming file, tensor, key or modality.
    package static func imported(_ path: String, scope: ImportScope, lora: [LoRASource] = []) throws -> Module {
        try FourMImporter.importModel(checkpoint(path, lora: lora), scope: scope)
    }

    /// A plan for the part of the 4M transformer at `path` that `scope` names.
    package static func plan(
        _ path: String, scope: ImportScope, lora: [LoRASource] = [], precision: Precision = .f32
    ) throws -> Plan {
        try Plan(cleaned(imported(path, scope: scope, lora: lora), precision: precision))
    }
}
