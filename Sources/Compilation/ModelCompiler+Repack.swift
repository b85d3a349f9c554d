import Artifact
import Files
import IR
import Runtime

extension ModelCompiler {
    /// Packs the weights of a compiled model for ``target``; what was rounded stays as it is.
    /// - Parameter kept: the functions to keep, with the metadata that they shall have.
    /// - Throws: ``CompilationError`` for weights that cannot be unpacked, and for a size above what it was compiled for; `CheckpointError`
    ///   naming a file that is damaged or cannot be written.
    package func repack(_ artifact: Artifact, keeping kept: Module, to path: String) throws -> CompiledFile {
        let start = ContinuousClock.now
        let packed = try repacked(artifact, keeping: kept)
        let leftOut = Provenance.LeftOut(artifact.packed.module, kept: kept)
        let provenance = try artifact.provenance.repacked(Provenance.Repacking(artifact), by: program, options: flags, leftOut: leftOut)
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        return CompiledFile(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: artifact.packed.byteCount,
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds, leftOut: leftOut)
    }

    private func repacked(_ artifact: Artifact, keeping kept: Module) throws -> PackedModule {
        let isWhole = kept.functions.count == artifact.packed.module.functions.count
        let made: PackedModule
        do { made = try artifact.packed.repacked(for: target, keeping: isWhole ? nil : Set(kept.functions.map(\.name))) } catch {
            throw CompilationError("\(artifact.path) cannot be packed again: \(error)", .content)
        }
        var module = made.module
        module.metadata = kept.metadata
        return PackedModule(module: try module.limited(to: largest), weights: made.weights)
    }
}
