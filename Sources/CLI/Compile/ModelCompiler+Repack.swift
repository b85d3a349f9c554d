import Artifact
import Files
import IR
import Inspect
import Runtime

extension ModelCompiler {
    /// Packs the weights of a compiled model for ``target``; what was rounded stays as it is.
    /// - Parameter functions: to keep; empty for all.
    /// - Throws: `TesseraError` for an unknown function; `CheckpointError` naming a file that is damaged or cannot be written.
    func repack(_ artifact: Artifact, keeping functions: [String], to path: String) throws -> CompileReport.File {
        let start = ContinuousClock.now
        let whole = artifact.packed.module
        let kept = functions.isEmpty ? whole : try whole.selecting(functions)
        let packed = try repacked(artifact, functions.isEmpty ? nil : Set(functions))
        let provenance = try artifact.provenance.repacked(
            Provenance.Repacking(artifact), by: program, options: flags, leftOut: Provenance.LeftOut(whole, kept: kept))
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        return CompileReport.File(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: artifact.packed.byteCount,
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds, rounded: [], outputs: [],
            times: [], mixed: nil)
    }

    private func repacked(_ artifact: Artifact, _ functions: Set<String>?) throws -> PackedModule {
        let made: PackedModule
        do { made = try artifact.packed.repacked(for: target, keeping: functions) } catch {
            throw Refusal.content("\(artifact.path) cannot be packed again: \(error)")
        }
        return PackedModule(module: try LargestSizes.put(largest, into: made.module), weights: made.weights)
    }
}
