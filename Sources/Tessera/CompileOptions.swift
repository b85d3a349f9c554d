import Calibration
import Compilation
import IR
import Passes
import Runtime

/// How a model is made ready to run.
public struct CompileOptions: Sendable {
    /// Which rewrites a model goes through.
    public enum Pipeline: String, Sendable, CaseIterable {
        /// Operators as the importer wrote them.
        case none
        /// Fused operators, and what they ask for.
        case clean
    }

    /// In which type the products of dense layers and convolutions are computed; everything else is f32.
    public enum Precision: String, Sendable, CaseIterable {
        /// Nothing is rounded.
        case f32
        /// Weights of 16 bits with the range of f32, and activations where the machine multiplies them; sums in f32.
        case bf16
        /// Weights of 16 bits, eight times as fine as bf16; activations and products f32.
        case f16
        /// Weights with a scale for each output, and activations with one for each token, of 8 bits.
        case int8
        /// The same with one range for all tokens, which ``CompileOptions/calibration`` finds; convolutions in 8 bits too.
        case int8Static = "int8-static"
        /// Weights of 4 bits with a scale for each ``CompileOptions/groupSize`` inputs of an output, activations as in ``int8``.
        case int4
        /// The weights of ``int4``; activations are not rounded.
        case w4

        package var inner: Passes.Precision { Passes.Precision(rawValue: rawValue) ?? .f32 }
    }

    /// How the weights of a layer are kept, and whether what they are multiplied by is rounded.
    public enum Scheme: String, Sendable, CaseIterable, Encodable {
        /// As the model has them.
        case f32
        /// As ``CompileOptions/Precision/bf16``.
        case bf16
        /// As ``CompileOptions/Precision/f16``.
        case f16
        /// As ``CompileOptions/Precision/int8``.
        case int8
        /// ``int8`` with the full range of 8 bits on machines that multiply half of it faster, too.
        case int8Full = "int8-full"
        /// As ``CompileOptions/Precision/int8Static``.
        case int8Static = "int8-static"
        /// Weights of 8 bits alone.
        case w8
        /// As ``CompileOptions/Precision/int4``.
        case int4
        /// As ``CompileOptions/Precision/w4``.
        case w4
    }

    /// A scheme for the layers whose name fits a pattern, in which `*` stands for anything.
    public struct Override: Sendable, Hashable {
        /// Names of layers, `*` for anything: `decoder.5.*`.
        public var pattern: String
        /// What the layers that fit get.
        public var scheme: Scheme

        /// A scheme for the layers that fit `pattern`.
        public init(_ pattern: String, _ scheme: Scheme) { (self.pattern, self.scheme) = (pattern, scheme) }
    }

    /// Rewrites before the model is planned.
    public var pipeline = Pipeline.clean
    /// Of all layers that ``overrides`` do not name.
    public var precision = Precision.f32
    /// Other schemes than that of ``precision``; the last that fits a layer counts.
    public var overrides: [Override] = []
    /// Inputs that share a scale where weights have 4 bits: 32, 64 or 128.
    public var groupSize = 32
    /// Whether groups of 4-bit weights have a zero point beside their scale.
    public var zeroPoints = false
    /// What weights are rounded for; nil rounds each to the nearest.
    public var calibration: CalibrationCalls?
    /// Functions to keep; nil for all. Weights that none of them reads take no memory.
    public var functions: Set<String>?
    /// Names of rewriting rules to leave out (`tessera passes` lists them).
    public var disabledRules: Set<String> = []
    /// Stop after that many rewrites in total, to find by halves which one does harm; nil for no limit.
    public var stopAfter: Int?
    /// The largest sizes that symbols such as `tokens` may get, by name; larger ones are refused when a function runs.
    public var largestSizes: [String: Int] = [:]
    /// Threads that each session may use unless it asks for another number; nil for the cores granted to the process. Results are the same
    /// for every number.
    public var threads: Int?

    /// The defaults: every rewrite, f32.
    public init() {}
}

/// Calls of functions with the inputs they are given in use: weights are rounded for what they are multiplied by in them.
public struct CalibrationCalls: Sendable {
    /// One call of a function.
    public struct Call: Sendable {
        /// Name of the function.
        public var function: String
        /// A tensor for each input, by name.
        public var inputs: [String: Tensor]

        /// A call of `function` with a tensor for each of its inputs.
        public init(_ function: String, _ inputs: [String: Tensor]) { (self.function, self.inputs) = (function, inputs) }
    }

    /// How the range of a layer's inputs is chosen for ``CompileOptions/Precision/int8Static``.
    public enum RangeChoice: String, Sendable, CaseIterable {
        /// All that came.
        case minMax = "min-max"
        /// All but a ten-thousandth at each end.
        case percentile
        /// Where rounding and cutting together leave the smallest squared error.
        case mse
        /// Where levels tell most of the values.
        case entropy
    }

    /// The calls, all held in memory while weights are rounded.
    public var calls: [Call]
    /// How ranges of activations are chosen; counts for int8-static alone.
    public var ranges = RangeChoice.mse
    /// Whether scales of channels may move between norms and the weights behind them (SmoothQuant, AWQ).
    public var movesScales = false

    /// Calls to round for; a hundred are plenty.
    public init(_ calls: [Call]) { self.calls = calls }
}

extension CompileOptions {
    package var policy: PrecisionPolicy {
        let own = overrides.map { PrecisionPolicy.Override(NamePattern($0.pattern), LayerScheme(rawValue: $0.scheme.rawValue) ?? .f32) }
        return PrecisionPolicy(precision.inner, overrides: own, groups: WeightGroups(size: groupSize, zeroPoints: zeroPoints))
    }

    /// As `tessera compile` has them, for a file's provenance.
    private var flags: [String] {
        var made = (functions?.sorted() ?? []).map { "--function \($0)" } + disabledRules.sorted().map { "--disable \($0)" }
        made += overrides.map { "--override \($0.pattern)=\($0.scheme.rawValue)" }
        if policy.schemes.contains(where: \.isGrouped) {
            if groupSize != 32 { made.append("--group-size \(groupSize)") }
            if zeroPoints { made.append("--zero-points") }
        }
        if let calibration { made += ["--calibrate \(calibration.calls.count) calls"] + (calibration.movesScales ? ["--smooth"] : []) }
        made += largestSizes.sorted { $0.key < $1.key }.map { "--max \($0.key)=\($0.value)" }
        return made + (stopAfter.map { ["--stop-after \($0)"] } ?? [])
    }

    /// - Throws: ``TesseraError`` for what cannot be meant.
    func compiler() throws(TesseraError) -> ModelCompiler {
        let policy = policy
        try check(policy)
        var made = ModelCompiler(policy, program: "tessera")
        made.observer = calibration.flatMap { Observer(rawValue: $0.ranges.rawValue) } ?? .mse
        made.movesScales = calibration?.movesScales ?? false
        made.options = PassOptions(disabled: disabledRules, stopAfter: stopAfter)
        made.cleans = pipeline == .clean
        made.largest = largestSizes
        made.flags = flags
        return made
    }

    private func check(_ policy: PrecisionPolicy) throws(TesseraError) {
        if let stranger = disabledRules.subtracting(ModelCompiler.rules(of: policy)).min() {
            throw TesseraError(.usage, "disabledRules: no pipeline in use has a rule '\(stranger)'; 'tessera passes' lists them")
        }
        guard QuantizedProduct.groupSizes.contains(groupSize) else {
            throw TesseraError(.usage, "groupSize \(groupSize): groups have 32, 64 or 128 inputs")
        }
        if policy.schemes.contains(.int8Static), calibration == nil {
            throw TesseraError(.usage, "int8-static takes ranges of activations from data; give calibration too, or take int8")
        }
        guard let calibration else { return }
        if !policy.schemes.contains(where: \.isCompensated) {
            throw TesseraError(.usage, "calibration rounds weights; give precision int8, int4 or bf16, or an override, too")
        }
        if calibration.calls.isEmpty { throw TesseraError(.usage, "calibration has no calls; give some, or leave it out") }
        if pipeline == .none { throw TesseraError(.usage, "calibration needs the clean pipeline") }
    }
}
