import Artifact
import Files
import FourMModels
import IR
import Passes
import Runtime

/// Compiles modules into `.tess` files.
struct ModelCompiler {
    let precision: Precision
    let target: Machine.InstructionSet
    let options: PassOptions
    /// Flags that decide what is written, for the file's provenance.
    let flags: [String]
    /// Version of this program.
    let program: String

    /// - Parameters:
    ///   - files: what `module` was read from.
    ///   - whole: of which `module` is what was to be kept.
    /// - Throws: what the pipelines throw; `CheckpointError` if the file cannot be written.
    func compile(_ module: Module, of whole: Module, files: [String], to path: String) throws -> CompileReport.File {
        let start = ContinuousClock.now
        let packed = try ModelLoader.packed(module, options, precision: precision, for: target)
        let sources = try files.sorted().map { try Provenance.Source(path: $0) }
        let provenance = Provenance(
            program: program, precision: precision.rawValue, options: flags, sources: sources,
            leftOut: Provenance.LeftOut(whole, kept: module))
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        return CompileReport.File(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: sources.reduce(0) { $0 + $1.bytes },
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds)
    }
}

/// What `compile` wrote; the shape of its JSON.
struct CompileReport: Encodable {
    struct File: Encodable {
        let file: String
        let functions: [String]
        let sourceBytes, bytes: Int
        let seconds: Double
    }

    let files: [File]
    let precision, target: String

    init(_ files: [File], _ precision: Precision, _ target: Machine.InstructionSet) {
        (self.files, self.precision, self.target) = (files, precision.rawValue, target.name)
    }
}
