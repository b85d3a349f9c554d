import Formats
import IR

/// Models as text of the IR, of whatever stage.
struct IRTextImporter: ModelImporter {
    let name = "IR text"

    func recognizes(_ source: ModelSource) -> Bool { !source.isBundle && !source.isFolder && IRTextFile.isIRText(source.path) }

    /// - Throws: ``TesseraError`` for options that are for checkpoints; `CheckpointError`, `VerificationError`.
    func load(_ source: ModelSource, _ options: Model.Options) throws -> ImportedModel {
        try options.requireNone(of: source.given, "text of the IR")
        return ImportedModel(module: try IRTextFile.read(source.path), files: [source.path])
    }
}
