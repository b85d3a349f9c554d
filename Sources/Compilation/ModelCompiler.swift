import Artifact
import Calibration
import Files
import FourMModels
import IR
import Importers
import Passes
import Runtime

/// Makes modules ready to run, in memory or as `.tess` files: rounds their weights, for what they are multiplied by where that was recorded.
package struct ModelCompiler {
    package let precision: PrecisionPolicy
    package let target: Machine.InstructionSet
    /// How calibration chooses ranges of activations.
    package var observer = Observer.mse
    /// Whether calibration may move scales between norms and weights.
    package var movesScales = false
    package var options = PassOptions()
    /// Whether operators are fused; without, nothing can be calibrated.
    package var cleans = true
    /// What the model shall take at most.
    package var largest: Binding = [:]
    /// Flags that decide what is written, for the file's provenance.
    package var flags: [String] = []
    /// This program and its version.
    package let program: String
    /// Gives layers more than the precision says; nil for what ``LayerRaiser/keepResults(pictures:)`` gives.
    package var raise: ((ModelCompiler, Module, inout LayerRaiser) throws -> Void)?
    /// Told of what is done, and its share of the whole; nil at its end.
    package var onProgress: ((String, Double?) -> Void)?

    package init(_ precision: PrecisionPolicy, for target: Machine.InstructionSet = Machine.active, program: String) {
        (self.precision, self.target, self.program) = (precision, target, program)
    }

    /// A policy that knows the integers of weights and the ranges of activations, and what was done to find them.
    package struct Prepared {
        package fileprivate(set) var policy: PrecisionPolicy
        package fileprivate(set) var layers: [RoundedLayer] = []
        package fileprivate(set) var mixed: [MixedPrecision.Result] = []

        package init(policy: PrecisionPolicy) { self.policy = policy }

        /// Schemes of the layers that were raised.
        var raised: [String: String] {
            let names = mixed.flatMap(\.raised)
            return Dictionary(names.map { name in (name, policy.overrides.last { $0.pattern.fits(name) }?.scheme.rawValue ?? "") }) { $1 }
        }
    }

    /// What there is to know before weights are rounded.
    /// - Parameter calls: of functions of `module`, for which weights are rounded.
    /// - Throws: what the pipelines and running the functions throw.
    package func prepare(_ module: Module, _ calls: [CallRecorder.Call] = []) throws -> Prepared {
        var made = Prepared(policy: try withInputs(module, calls))
        let first = try rounded(module, made.policy, calls)
        var raiser = LayerRaiser(module, made.policy, first, halfRange: halfRange, calls, options)
        raiser.onProgress = { [onProgress] in onProgress?("measuring layers", $0) }
        defer { onProgress?("measuring layers", nil) }
        try raise.map { try $0(self, module, &raiser) } ?? raiser.keepResults(pictures: [FourMFunction.detokenize])
        (made.policy, made.layers, made.mixed) = (raiser.policy, raiser.layers, raiser.results)
        return made
    }

    /// A plan for this machine.
    /// - Throws: as ``prepare(_:_:)``; what lowering throws.
    package func plan(_ module: Module, _ prepared: Prepared) throws -> Plan {
        try ModelLoader.plan(module.limited(to: largest), fitting(prepared.policy), precision: prepared.policy, cleans: cleans)
    }

    /// Writes a file.
    /// - Parameters:
    ///   - files: what `module` was read from.
    ///   - whole: of which `module` is what was to be kept.
    ///   - calls: of its functions, for which weights are rounded.
    /// - Throws: as ``plan(_:_:)``; `CheckpointError` if the file cannot be written.
    package func compile(
        _ module: Module, of whole: Module, files: [String], calls: [CallRecorder.Call] = [], to path: String
    ) throws -> CompiledFile {
        let start = ContinuousClock.now
        let prepared = try prepare(module, calls)
        let packed = try ModelLoader.packed(
            module.limited(to: largest), fitting(prepared.policy), precision: prepared.policy, for: target, cleans: cleans)
        let sources = try files.sorted().map { try Provenance.Source(path: $0) }
        let leftOut = Provenance.LeftOut(whole, kept: module)
        let provenance = Provenance(
            program: program, precision: precision.description, options: flags, sources: sources, leftOut: leftOut,
            rounded: prepared.layers,
            raised: prepared.raised)
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        let comparison = try comparison(module, prepared.policy, calls)
        return CompiledFile(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: sources.reduce(0) { $0 + $1.bytes },
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds, rounded: prepared.layers,
            outputs: comparison.outputs, times: comparison.times, mixed: prepared.mixed.map { CompiledFile.Mixed($0) }, leftOut: leftOut)
    }

    /// The policy with what it must know of the inputs of layers.
    private func withInputs(_ module: Module, _ calls: [CallRecorder.Call]) throws -> PrecisionPolicy {
        guard !calls.isEmpty, movesScales || precision.schemes.contains(.int8Static) else { return precision }
        var calibrator = InputCalibrator(module, observer: observer, movesScales: movesScales, halfRange: halfRange, options)
        calibrator.onProgress = { onProgress?("looking at inputs", $0) }
        defer { onProgress?("looking at inputs", nil) }
        return try calibrator.run(precision, calls)
    }

    /// The weights of dense layers, rounded as the policy says.
    private func rounded(_ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> Calibrator.Result {
        // Without calls, halves are those that the rule makes.
        guard cleans, policy.schemes.contains(where: { calls.isEmpty ? $0.isInteger : $0.isCompensated }) else {
            return Calibrator.Result()
        }
        var calibrator = Calibrator(module, policy, halfRange: halfRange, options)
        calibrator.onProgress = { onProgress?("rounding weights", $0) }
        defer { onProgress?("rounding weights", nil) }
        return try calibrator.run(calls)
    }

    /// Without rules that the policy does not put to use.
    package func fitting(_ policy: PrecisionPolicy) -> PassOptions {
        var own = options
        own.disabled.formIntersection((ModelLoader.pipelines(policy) + [Plan.pipeline]).flatMap { $0.transformations.map(\.name) })
        return own
    }

    /// The rules and passes that a model in `policy` goes through.
    package static func rules(of policy: PrecisionPolicy) -> Set<String> {
        Set((ModelLoader.pipelines(policy.withEveryRule) + [Plan.pipeline]).flatMap { $0.transformations.map(\.name) })
    }

    package var halfRange: Bool { Machine.prefersHalfRangeWeights(on: target) }

    /// What lower precision does to the results of the calls, where there are any: on this machine's kernels.
    package func comparison(_ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> OutputComparison {
        if calls.isEmpty || policy.isIdentity { return OutputComparison() }
        let kept = module.keeping(functions: Set(calls.map(\.function)))
        let (reference, other) = (
            try ModelLoader.plan(kept, fitting(.f32), precision: .f32), try ModelLoader.plan(kept, fitting(policy), precision: policy)
        )
        return try OutputComparison.of(reference, other, calls, most: ModelCompiler.comparedCalls, timed: true)
    }

    /// Calls of each function whose results are compared.
    private static let comparedCalls = 8
}
