import Artifact
import Calibration
import Files
import FourMModels
import IR
import Inspect
import Passes
import Runtime

/// Compiles modules into `.tess` files.
struct ModelCompiler {
    let precision: PrecisionPolicy
    /// Which layers get more than ``precision`` says; nil for none.
    var budget: Budget?
    let target: Machine.InstructionSet
    /// How calibration chooses ranges of activations.
    var observer = Observer.mse
    /// Whether calibration may move scales between norms and weights.
    var movesScales = false
    let options: PassOptions
    /// What the model shall take at most.
    var largest: [SizeBinding] = []
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
        var policy = try prepared(module, calls)
        var calibrated = try calibrated(module, policy, calls)
        policy.rounded = calibrated.rounded
        let mixed = try budget.map { try self.mixed($0, module, policy, calls) }
        if let mixed {
            policy = mixed.policy
            // Those that were raised have other integers.
            let again = try self.calibrated(module, policy, calls)
            policy.rounded = again.rounded
            calibrated.layers.removeAll { mixed.raised.contains($0.node) }
            calibrated.layers += again.layers
        }
        let packed = try ModelLoader.packed(LargestSizes.put(largest, into: module), fitting(policy), precision: policy, for: target)
        let sources = try files.sorted().map { try Provenance.Source(path: $0) }
        let provenance = Provenance(
            program: program, precision: precision.description, options: flags, sources: sources,
            leftOut: Provenance.LeftOut(whole, kept: module), rounded: calibrated.layers)
        try Artifact.write(packed, target: target, provenance: provenance, to: path)
        let comparison = try comparison(module, policy, calls)
        return CompileReport.File(
            file: path, functions: packed.module.entryPoints.map(\.name), sourceBytes: sources.reduce(0) { $0 + $1.bytes },
            bytes: try InputFile(path).size ?? 0, seconds: (ContinuousClock.now - start).seconds, rounded: calibrated.layers,
            outputs: comparison.outputs, times: comparison.times,
            mixed: mixed.map { CompileReport.File.Mixed(raised: $0.raised, scheme: $0.scheme.rawValue, of: $0.of, error: $0.error) })
    }

    /// The policy with what it must know of the inputs of layers.
    private func prepared(_ module: Module, _ calls: [CallRecorder.Call]) throws -> PrecisionPolicy {
        guard !calls.isEmpty, movesScales || precision.schemes.contains(.int8Static) else { return precision }
        var calibrator = InputCalibrator(module, observer: observer, movesScales: movesScales, halfRange: halfRange, options)
        let bar = ProgressBar("looking at inputs")
        calibrator.onProgress = { bar.update($0, title: nil) }
        defer { bar.finish() }
        return try calibrator.run(precision, calls)
    }

    /// The weights of dense layers, rounded as the policy says.
    private func calibrated(_ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> Calibrator.Result {
        guard policy.schemes.contains(where: \.isInteger) else { return Calibrator.Result() }
        var calibrator = Calibrator(module, policy, halfRange: halfRange, options)
        let bar = ProgressBar("rounding weights")
        calibrator.onProgress = { bar.update($0, title: nil) }
        defer { bar.finish() }
        return try calibrator.run(calls)
    }

    /// Without rules that the policy does not put to use.
    private func fitting(_ policy: PrecisionPolicy) -> PassOptions {
        var own = options
        own.disabled.formIntersection((ModelLoader.pipelines(policy) + [Plan.pipeline]).flatMap { $0.transformations.map(\.name) })
        return own
    }

    private var halfRange: Bool { Machine.prefersHalfRangeWeights(on: target) }

    /// The layers that `budget` raises.
    private func mixed(
        _ budget: Budget, _ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]
    ) throws -> MixedPrecision.Result {
        let bar = ProgressBar("measuring layers")
        defer { bar.finish() }
        func search(_ raised: LayerScheme) throws -> MixedPrecision {
            var made = try MixedPrecision(module, policy, halfRange: halfRange, raisingTo: raised, calls, options)
            made.onProgress = { bar.update($0, title: nil) }
            return made
        }
        switch budget {
        case .error(let limit):
            // 8-bit weights alone are small; where they do not suffice, nothing is rounded.
            return try search(.w8).search(error: limit, otherwise: .f32)
        case .size(let limit):
            let packed = try ModelLoader.packed(module, fitting(policy), precision: policy, for: target)
            let bytes = packed.byteCount + ModelCompiler.headerBytes(packed)
            guard bytes <= limit else {
                throw CalibrationError("\(Human.bytes(limit)) do not hold '\(module.name)': all in \(policy) it is \(Human.bytes(bytes))")
            }
            return try search(more).spend(.bytes(limit - bytes)) { policy.bytes($0) }
        case .bits(let bits): return try search(more).spend(.bits(bits)) { policy.bytes($0) }
        }
    }

    /// About what a file holds beside constants: the program as text, and some lines for each constant and each weight that was rounded.
    private static func headerBytes(_ packed: PackedModule) -> Int {
        packed.module.description.utf8.count * 9 / 8 + 1024 * (packed.weights.count + packed.module.constants.count)
    }

    /// What room is spent on.
    private var more: LayerScheme { precision.precision.scheme.isGrouped ? .w8 : .bf16 }

    /// What lower precision does to the results of the calls, where there are any: on this machine's kernels.
    private func comparison(_ module: Module, _ policy: PrecisionPolicy, _ calls: [CallRecorder.Call]) throws -> OutputComparison {
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
