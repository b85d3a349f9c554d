import Foundation
import IR
import Importers
import Passes
import Runtime

/// From a checkpoint to a runnable plan: import, clean, plan.
public enum ModelLoader {
    /// The module of the checkpoint at `path` (a file, shard index or folder) as imported.
    /// - Throws: `CheckpointError` or `ImportError` naming file, tensor or key.
    public static func imported(_ path: String) throws -> Module {
        try FourMImporter.importModel(try Checkpoint.open(path, config: siblingConfiguration(path)))
    }

    /// `NAME.json` beside `NAME.safetensors`: it can hold keys that the official reader does not take from a header, such as
    /// `modality_overrides`.
    public static func siblingConfiguration(_ path: String) -> String? {
        guard path.hasSuffix(".safetensors") else { return nil }
        let sibling = String(path.dropLast("safetensors".count)) + "json"
        return FileManager.default.fileExists(atPath: sibling) ? sibling : nil
    }

    /// `module` after the clean pipeline, its dense layers in `precision`.
    public static func cleaned(
        _ module: Module, _ options: PassOptions = PassOptions(), precision: Precision = .f32
    ) throws -> Module {
        let clean = try PassManager.run(module, .clean, options).module
        guard let pipeline = precision.pipeline(halfRange: Machine.prefersHalfRangeWeights) else { return clean }
        return try PassManager.run(clean, pipeline).module
    }

    /// A plan for the checkpoint at `path`.
    public static func plan(_ path: String, _ options: PassOptions = PassOptions(), precision: Precision = .f32) throws -> Plan {
        try Plan(cleaned(imported(path), options, precision: precision))
    }
}
