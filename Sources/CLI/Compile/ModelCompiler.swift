import Artifact
import Calibration
import Files
import FourMModels
import IR
import Passes
import Runtime

/// Compiles modules into `.tess` files.
struct ModelCompiler {
    let precision: PrecisionPolicy
    let target: Machine.InstructionSet
    let options: PassOptions
    /// Flags that decide what is written, for the file's provenance.
    let flags: [String]
    /// Version of this program.
    let program: String

    /// - Parameters:
    ///   - files: what `module` was read from.
    ///   - whole: of which `module` is what was to be kept.
    ///   - calls: of its functions, for which weights are rounded.
    /// - Throws: what the pipelines throw; `CheckpointError` if the file cannot be written.
    func compile(
        _ module: Module, of whole: Module, files: [String], calls: [CallRecorder.Call] = [], to path: String
    ) throws -> CompileReport.File {
        let start = ContinuousClock.now
        let calibrated = try calibrated(module, calls)
        var policy = precision
        policy.rounded = calibrated.rounded
        let packed = try ModelLoader.packed(module, options, precision: policy, for: target)
        let sources = try files.sorted().map { try Provenance.Source(path: $0) }
        let provenance = Provenance(
            program: program, precision: precision.description, options: flags, sources: sources,
            leftOut: Provenance.LeftOut(whole, kept: module), rounded: calibrated.layers)
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        return CompileReport.File(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: sources.reduce(0) { $0 + $1.bytes },
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds, rounded: calibrated.layers,
            outputs: try outputs(module, policy, calls))
    }

    /// The weights of dense layers, rounded as the policy says.
    private func calibrated(_ module: Module, _ calls: [CallRecorder.Call]) throws -> Calibrator.Result {
        guard precision.schemes.contains(where: \.isInteger) else { return Calibrator.Result() }
        var calibrator = Calibrator(module, precision, halfRange: Machine.prefersHalfRangeWeights(on: target), options)
        let bar = ProgressBar("rounding weights")
        calibrator.onProgress = { bar.update($0, title: nil) }
        defer { bar.finish() }
        return try calibrator.run(calls)
    }

    /// What lower precision does to the results of the calls, where there are any: on this machine's kernels.
    private func outputs(_ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> [OutputAccuracy] {
        if calls.isEmpty || policy.isIdentity { return [] }
        let kept = module.keeping(functions: Set(calls.map(\.function)))
        let (reference, other) = (
            try ModelLoader.plan(kept, options, precision: .f32), try ModelLoader.plan(kept, options, precision: policy)
        )
        return try OutputComparison.of(reference, other, calls, most: ModelCompiler.comparedCalls).outputs
    }

    /// Calls of each function whose results are compared.
    private static let comparedCalls = 8
}

/// What `compile` wrote; the shape of its JSON.
struct CompileReport: Encodable {
    struct File: Encodable {
        let file: String
        let functions: [String]
        let sourceBytes, bytes: Int
        let seconds: Double
        /// What rounding did to each weight of a dense layer.
        let rounded: [RoundedLayer]
        /// What lower precision does to the results of calibration's calls.
        let outputs: [OutputAccuracy]
    }

    let files: [File]
    let precision, target: String

    init(_ files: [File], _ precision: PrecisionPolicy, _ target: Machine.InstructionSet) {
        (self.files, self.precision, self.target) = (files, precision.description, target.name)
    }
}
