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
        case f32, bf16
        /// Weights with a scale for each output, and activations with one for each token, of 8 bits.
        case int8
        /// Weights of 4 bits with a scale for each 32 inputs of an output, activations as in ``int8``.
        case int4
        /// The weights of ``int4``; activations are not rounded.
        case w4

        package var inner: Passes.Precision { Passes.Precision(rawValue: rawValue) ?? .f32 }
    }

    public var pipeline = Pipeline.clean
    public var precision = Precision.f32
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

    public init() {}

    package var pipelines: [Passes.Pipeline] {
        let second = PrecisionPolicy(precision.inner).pipeline(halfRange: Machine.prefersHalfRangeWeights(on: Machine.active))
        return (pipeline == .clean ? [.clean] : []) + (second.map { [$0] } ?? [])
    }

    package var passOptions: PassOptions { PassOptions(disabled: disabledRules, stopAfter: stopAfter) }
}
