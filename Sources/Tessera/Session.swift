import IR
import Runtime

/// Runs the functions of a compiled model; owns working memory, which grows to the largest call. Serves one thread at a time; sessions of
/// one model run side by side.
public final class Session {
    /// What it runs.
    public let model: CompiledModel
    package let inner: Runtime.Session

    /// A session of its own working memory.
    /// - Parameters:
    ///   - model: what it runs.
    ///   - threads: threads to use at most; nil for those of the model's ``CompileOptions``.
    public init(_ model: CompiledModel, threads: Int? = nil) {
        self.model = model
        inner = Runtime.Session(model.plan, threads: threads ?? model.options.threads)
    }

    /// Runs function `name`.
    ///
    /// - Parameters:
    ///   - name: one of the model's functions.
    ///   - inputs: a tensor for each input, of its element type; their sizes decide those that the function leaves open.
    ///   - sizes: sizes that the inputs leave open, by symbol.
    ///   - states: memory that is an input and, updated in place, the output of its name; not returned.
    ///   - cancellation: stops the run between two steps, as cancelling the task does. States are then partly updated.
    /// - Returns: the outputs by name.
    /// - Throws: ``TesseraError`` naming the input or node.
    public func run(
        _ name: String, _ inputs: [String: Tensor] = [:], sizes: [String: Int] = [:], states: [String: TensorBuffer] = [:],
        cancellation: CancellationToken? = nil
    ) throws(TesseraError) -> [String: Tensor] {
        try translatingErrors {
            inner.cancellation = cancellation?.flag
            defer { inner.cancellation = nil }
            let (given, memory) = (inputs.mapValues(\.inner), states.mapValues(\.inner))
            return try inner.run(name, given, states: memory, binding: sizes).mapValues { Tensor($0) }
        }
    }

    /// Runs function `name` and writes its results into `outputs`: a buffer for each, of its type and sizes, which overlaps no other and no
    /// input. Called again with the same names and sizes it allocates nothing.
    /// - Throws: as ``run(_:_:sizes:states:cancellation:)``, and for a buffer that is missing or does not fit.
    public func run(
        _ name: String, _ inputs: [String: Tensor] = [:], sizes: [String: Int] = [:], states: [String: TensorBuffer] = [:],
        into outputs: [String: TensorBuffer], cancellation: CancellationToken? = nil
    ) throws(TesseraError) {
        do {
            inner.cancellation = cancellation?.flag
            defer { inner.cancellation = nil }
            try inner.run(
                name, binding: sizes, count: inputs.count + states.count, names: { (Array(inputs.keys), Array(states.keys)) },
                input: { inputs[$0]?.inner }, state: { states[$0]?.inner }, into: { outputs[$0]?.inner })
        } catch { throw TesseraError(error) }
    }

    /// Decides everything about function `name` for the given sizes of its symbols and takes its working memory, so that the next run only
    /// computes.
    /// - Throws: ``TesseraError``.
    public func prepare(_ name: String, sizes: [String: Int], states: Set<String> = []) throws(TesseraError) {
        try translatingErrors { try inner.prepare(name, states: states, binding: sizes) }
    }

    /// Weights plus the most working memory so far, in bytes; weights are shared by all sessions of the model.
    public var peakBytes: Int { inner.peakBytes }

    /// The most working memory so far, in bytes.
    package var workingBytes: Int { inner.peakArenaBytes }

    /// Told after each step of a run: the kernel, the node and how many nanoseconds it took.
    public var onStep: ((_ kernel: String, _ node: String, _ nanoseconds: UInt64) -> Void)? {
        get { told }
        set {
            told = newValue
            inner.observer = newValue.map { tell in { kernel, node, _, nanoseconds in tell(kernel, node, nanoseconds) } }
        }
    }

    private var told: ((_ kernel: String, _ node: String, _ nanoseconds: UInt64) -> Void)?
}
