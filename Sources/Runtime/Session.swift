import CKernels
import IR

/// Runs the functions of a plan; owns the working memory. One session serves one thread at a time.
package final class Session {
    package let plan: Plan
    /// Threads that its kernels use; nil for the default of the process (``Machine/setDefaultThreads(_:)``).
    package let threads: Int?
    private var arena = Bytes(zeroed: 0)
    private var addresses: [UnsafeMutableRawPointer] = []
    /// The last call of ``run(_:binding:count:names:input:state:into:)``, which the next one like it repeats.
    var placed: PlacedCall?
    /// Ends a run between two steps, beside its task.
    package var cancellation: CancellationFlag?
    /// Most working memory any run has needed so far, in bytes.
    package private(set) var peakArenaBytes = 0
    /// Called after each step with its kernel, its node, whether it is the node's first (a node may take several steps: one that lays out
    /// its input, say) and its nanoseconds, when set; used by profiles. It must not change the machine's settings, which wait for the run.
    package var observer: Observer?

    /// Called with the name and the inputs of each run that has no states; used by calibration.
    package var onRun: ((_ function: String, _ inputs: [String: Tensor]) -> Void)?

    /// Called with each result of a node that took a step, as soon as it is there and in the order in which they come; nothing is computed
    /// otherwise for that, but each result is copied.
    package var onResult: ((NodeResult) throws -> Void)?

    /// Takes the outputs of the run at hand that are handed on.
    private var taker: ((String, Tensor) throws -> Void)?

    package typealias Observer = (_ kernel: String, _ node: String, _ isFirst: Bool, _ nanoseconds: UInt64) -> Void

    /// - Parameter threads: at least 1; results have the same bits for any number. Sessions with different ones run at once.
    package init(_ plan: Plan, threads: Int? = nil) {
        self.plan = plan
        self.threads = threads.map { max(1, $0) }
    }

    /// Runs `body` on the session's threads while the machine's settings stay as they are.
    func whileRunning<Result>(_ body: () throws -> Result) rethrows -> Result {
        try SettingsLock.shared.whileUnchanged { try Machine.withThreads(threads, body) }
    }

    /// Weights plus the most working memory so far, in bytes.
    package var peakBytes: Int { plan.weightBytes + peakArenaBytes }

    /// Runs function `name`.
    ///
    /// Inputs named in `states` are updated in place and not returned. Between steps the run stops if its task is cancelled;
    /// states are then partly updated.
    /// - Parameter seed: That of random operators.
    /// - Throws: ``RuntimeError`` or `BindingError` naming the input or node; `CancellationError`.
    package func run(
        _ name: String, _ inputs: [String: Tensor], states: [String: StateTensor] = [:], binding given: Binding = [:], seed: UInt64 = 0
    ) throws -> [String: Tensor] {
        try run(name, inputs, states: states, binding: given, seed: seed, handing: [:]) { _, _ in }
    }

    /// As ``run(_:_:states:binding:seed:)``, but outputs named in `handing` are handed on while the run goes on, each as soon as it is complete, and
    /// their memory is used again; they are not returned.
    /// - Parameters:
    ///   - handing: for an output, the input whose memory `take` changes, if any: it is handed on once nobody reads that input any more.
    ///   - take: gets the name and memory that is valid during the call alone. It may run other sessions. What it throws ends the run.
    package func run(
        _ name: String, _ inputs: [String: Tensor], states: [String: StateTensor] = [:], binding given: Binding = [:], seed: UInt64 = 0,
        handing: Handing, to take: @escaping (String, Tensor) throws -> Void
    ) throws -> [String: Tensor] {
        taker = take
        defer { taker = nil }
        if states.isEmpty { onRun?(name, inputs) }
        let graph = try plan.function(name)
        var binding = given
        let tensors = try graph.inputs.map { try bind(graph, $0, inputs, states, &binding) }
        try checkNames(graph, inputs, states)
        try check(states, inputs, of: graph)
        let program = try plan.program(graph)
        return try whileRunning {
            guard let whole = program.whole else {
                return try runParts(program, tensors, states, binding, seed).filter { name, tensor in
                    guard handing[name] != nil else { return true }
                    try take(name, tensor)
                    return false
                }
            }
            let function = try plan.bound(whole, binding, Set(states.keys), isProbed: onResult != nil, handing: handing)
            let results = zip(function.outputs, try results(of: function, tensors, states))
            return Dictionary(
                results.filter { function.returns($0.0.name) }.map { ($0.0.name, $0.1) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Outputs of a lowered function, in order; those that are states or handed on are empty.
    func results(of function: BoundFunction, _ inputs: [Tensor?], _ states: [String: StateTensor] = [:]) throws -> [Tensor] {
        try reserve(function)
        let outputs = function.outputs.map { Tensor.large($0.dtype, function.returns($0.name) ? $0.sizes : [0]) }
        resolve(function, inputs, states, outputs)
        // The table of addresses keeps nothing alive by itself.
        try withExtendedLifetime((inputs, states, outputs)) { try execute(function) }
        return outputs
    }

    /// A state is an input and an output of its name, and the only one over its memory.
    func check(_ states: [String: StateTensor], _ inputs: [String: Tensor], of graph: Graph) throws {
        var owners: [(name: String, bytes: ByteSlice)] = []
        for (name, state) in states.sorted(by: { $0.key < $1.key }) {
            if inputs[name] != nil { throw RuntimeError("'\(name)' is given both as an input and as a state") }
            let bytes = ByteSlice(state.bytes)
            if let other = owners.first(where: { $0.bytes.meets(bytes) }) {
                throw RuntimeError("the states '\(other.name)' and '\(name)' are the same memory")
            }
            if let input = inputs.first(where: { $0.value.bytes.meets(bytes) }) {
                throw RuntimeError("the input '\(input.key)' lies in the memory of the state '\(name)', which the run changes")
            }
            owners.append((name, bytes))
            guard graph.outputs.contains(where: { $0.name == name }) else {
                throw RuntimeError("function '\(graph.name)' has no output '\(name)' to update the state '\(name)' with")
            }
        }
    }

    func bind(
        _ graph: Graph, _ id: ValueID, _ inputs: [String: Tensor], _ states: [String: StateTensor], _ binding: inout Binding
    ) throws -> Tensor? {
        let name = graph.inputName(of: id) ?? ""
        guard let type = graph.valueType(of: id).tensor else {
            throw RuntimeError("input '\(name)' of function '\(graph.name)' is \(graph.valueType(of: id)), no tensor")
        }
        if let state = states[name] {
            let view = Tensor(dtype: state.dtype, shape: state.shape, bytes: ByteSlice(state.bytes))
            guard let view else { throw RuntimeError("state '\(name)' is damaged") }
            try type.bind(view, named: "input '\(name)'", in: &binding)
            return nil
        }
        guard let tensor = inputs[name] else {
            throw RuntimeError("function '\(graph.name)' needs the input '\(name)' of type \(type)")
        }
        try type.bind(tensor, named: "input '\(name)'", in: &binding)
        try checkSizes(of: tensor, name)
        return tensor
    }

    /// A tensor without elements takes no memory, so that its sizes may be any; what follows from them could be beyond all numbers.
    private func checkSizes(of tensor: Tensor, _ name: String) throws {
        guard tensor.count == 0 else { return }
        let bytes = tensor.shape.reduce(max(tensor.dtype.byteWidth, 1)) { saturatingMultiply($0, max($1, 1)) }
        guard bytes <= Machine.memoryBytes else {
            throw RuntimeError("input '\(name)': \(tensor.type) has no elements, but sizes that no memory of this machine would hold")
        }
    }

    func checkNames(_ graph: Graph, _ inputs: [String: Tensor], _ states: [String: StateTensor]) throws {
        try checkNames(graph, Array(inputs.keys) + states.keys)
    }

    func checkNames(_ graph: Graph, _ names: [String]) throws {
        let known = Set(graph.inputs.compactMap { graph.inputName(of: $0) })
        if let stranger = names.sorted().first(where: { !known.contains($0) }) {
            throw RuntimeError(
                "function '\(graph.name)' has no input '\(stranger)'; it has: \(known.sorted().joined(separator: ", "))")
        }
    }

    /// Makes the arena large enough for `function`.
    func reserve(_ function: BoundFunction) throws {
        let bytes = function.arenaBytes
        guard bytes <= Machine.memoryBytes else {
            throw RuntimeError("function '\(function.name)' needs \(bytes) bytes of working memory, more than this machine has", .resources)
        }
        // Left as it comes: steps write before they read, and the threads that write first share the work of getting its pages.
        if arena.count < bytes { arena = Bytes.large(count: bytes) { _ in } }
        peakArenaBytes = max(peakArenaBytes, bytes)
    }

    /// Fills the table of buffer addresses.
    func resolve(
        _ function: BoundFunction, _ inputs: [Tensor?], _ states: [String: StateTensor], _ outputs: [Tensor]
    ) {
        addresses.removeAll(keepingCapacity: true)
        for (index, storage) in function.buffers.enumerated() {
            switch storage {
            case .arena: addresses.append(arena.pointer + function.arenaOffsets[index])
            case .input(let input): addresses.append(address(inputs[input]?.bytes))
            case .output(let output): addresses.append(address(outputs[output].bytes))
            case .state(let name): addresses.append(states[name]?.bytes.pointer ?? arena.pointer)
            case .packed(let packed): addresses.append(address(packed.bytes))
            case .constant(let key): addresses.append(address(plan.module.constants[key]?.bytes))
            }
        }
    }

    private func address(_ bytes: ByteSlice?) -> UnsafeMutableRawPointer {
        bytes.map { $0.owner.pointer + $0.offset } ?? arena.pointer
    }

    func execute(_ function: BoundFunction) throws { try TimeSpan.measure(.call, function.name) { try executeSteps(function) } }

    private func executeSteps(_ function: BoundFunction) throws {
        try addresses.withUnsafeBufferPointer { table in
            guard let base = table.baseAddress else { return }
            let memory = Memory(table: base)
            var node = -1
            for (index, step) in function.steps.enumerated() {
                if Task.isCancelled || cancellation?.isCancelled == true { throw CancellationError() }
                let start = observer == nil ? nil : ContinuousClock.now
                let outcome = step.run(memory)
                if let message = outcome.message {
                    let node = function.nodeNames[step.node]
                    throw RuntimeError("function '\(function.name)', \(node): \(message)", outcome.cause, node: node)
                }
                if let start {
                    observer?(step.kernel, function.nodeNames[step.node], step.node != node, (ContinuousClock.now - start).nanoseconds)
                    node = step.node
                }
                for handoff in function.handoffs[index] ?? [] { try taker?(handoff.name, handoff.tensor(in: memory)) }
                if let onResult { try tell(function.probes[index] ?? [], of: function, memory, onResult) }
            }
        }
    }

    private func tell(
        _ probes: [Probe], of function: BoundFunction, _ memory: Memory, _ onResult: (NodeResult) throws -> Void
    ) throws {
        for probe in probes {
            let node = function.nodes[probe.node]
            let tensor = Tensor(probe.view, in: memory)
            try onResult(NodeResult(function: function.name, op: node.op, node: node.name, index: probe.result, tensor: tensor))
        }
    }
}
