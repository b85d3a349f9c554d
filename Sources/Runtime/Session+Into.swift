import IR

/// A call whose names, types and sizes have been checked: one like it only needs its addresses.
struct PlacedCall {
    let name: String
    let binding: Binding
    /// Number of inputs and states given.
    let count: Int
    let function: BoundFunction
    let threads: Int
    let instructionSet: Machine.InstructionSet
    /// Type of each input by its place in the function.
    let inputs: [(name: String, dtype: DType, shape: [Int], isState: Bool)]
    /// The operands of the run at hand; their memory is kept for the next run, their contents are not.
    var tensors: [Tensor?] = []
    var outputs: [Tensor] = []
    var states: [String: StateTensor] = [:]
}

extension Session {
    /// Runs function `name` into memory of the caller: an output's buffer must have its type and sizes. Called again with the same
    /// function, sizes and names it allocates nothing, as long as the operators have kernels.
    ///
    /// Operands are asked for by name, so that no table of them has to be made. Buffers may overlap neither inputs nor each other.
    /// - Parameters:
    ///   - count: how many inputs and states are given, and `names` which: a stranger among them is an error.
    ///   - state: memory that an input and the output of its name share; see ``run(_:_:states:binding:)``.
    /// - Throws: as ``run(_:_:states:binding:)``, and ``RuntimeError`` for a buffer that is missing or does not fit.
    package func run(
        _ name: String, binding: Binding = [:], count: Int, names: () -> (inputs: [String], states: [String]),
        input: (String) -> Tensor?, state: (String) -> StateTensor?, into output: (String) -> StateTensor?
    ) throws {
        let program = try plan.program(try plan.function(name))
        guard let whole = program.whole else { return try runParts(name, binding, names(), input, state, output) }
        try whileRunning {
            if !repeats(name, binding, count, input, state) {
                placed = nil
                placed = try place(whole, binding, count, names(), input, state)
            }
            defer {
                placed?.outputs.removeAll(keepingCapacity: true)
                placed?.tensors.removeAll(keepingCapacity: true)
            }
            try fill(input, state, output)
            guard let function = placed?.function else { return }
            try reserve(function)
            try executePlaced(function)
        }
    }

    /// A function of several parts: its results are copied to where they are wanted.
    private func runParts(
        _ name: String, _ binding: Binding, _ names: (inputs: [String], states: [String]), _ input: (String) -> Tensor?,
        _ state: (String) -> StateTensor?, _ output: (String) -> StateTensor?
    ) throws {
        let inputs = Dictionary(names.inputs.compactMap { key in input(key).map { (key, $0) } }) { first, _ in first }
        let states = Dictionary(names.states.compactMap { key in state(key).map { (key, $0) } }) { first, _ in first }
        var taken = inputs.map { ($0.key, $0.value.bytes) } + states.map { ($0.key, ByteSlice($0.value.bytes)) }
        for wanted in try plan.function(name).outputs where states[wanted.name] == nil {
            guard let buffer = output(wanted.name) else { throw RuntimeError("output '\(wanted.name)' of '\(name)' needs a buffer") }
            let bytes = ByteSlice(buffer.bytes)
            if let other = taken.first(where: { $0.1.meets(bytes) }) {
                throw RuntimeError("the buffer of output '\(wanted.name)' of '\(name)' overlaps that of '\(other.0)'")
            }
            taken.append((wanted.name, bytes))
        }
        let results = try run(name, inputs, states: states, binding: binding)
        // Sizes may be known only now; no buffer is written before all fit.
        let pairs = try results.map { key, result in
            guard let buffer = output(key), buffer.dtype == result.dtype, buffer.shape == result.shape else {
                throw RuntimeError("output '\(key)' of '\(name)' needs a buffer of \(result.type)")
            }
            return (buffer, result)
        }
        for (buffer, result) in pairs { buffer.replace(by: result) }
    }

    private func executePlaced(_ function: BoundFunction) throws {
        guard let placed else { return }
        resolve(function, placed.tensors, placed.states, placed.outputs)
        try withExtendedLifetime((placed.tensors, placed.states, placed.outputs)) { try execute(function) }
    }

    /// Whether the call at hand is like the last one.
    private func repeats(
        _ name: String, _ binding: Binding, _ count: Int, _ input: (String) -> Tensor?, _ state: (String) -> StateTensor?
    ) -> Bool {
        guard let placed, placed.name == name, placed.count == count, placed.binding == binding, placed.threads == Machine.threads,
            placed.instructionSet == Machine.active
        else { return false }
        return placed.inputs.allSatisfy { known in
            if known.isState {
                guard let given = state(known.name) else { return false }
                return given.dtype == known.dtype && given.shape == known.shape
            }
            guard let given = input(known.name) else { return false }
            return given.dtype == known.dtype && given.shape == known.shape
        }
    }

    private func place(
        _ segment: FunctionProgram.Segment, _ given: Binding, _ count: Int, _ names: (inputs: [String], states: [String]),
        _ input: (String) -> Tensor?, _ state: (String) -> StateTensor?
    ) throws -> PlacedCall {
        let graph = segment.graph
        let inputs = Dictionary(names.inputs.compactMap { key in input(key).map { (key, $0) } }) { first, _ in first }
        let states = Dictionary(names.states.compactMap { key in state(key).map { (key, $0) } }) { first, _ in first }
        var binding = given
        for id in graph.inputs { _ = try bind(graph, id, inputs, states, &binding) }
        try checkNames(graph, inputs, states)
        try check(states, inputs, of: graph)
        let known = graph.inputs.compactMap { id in
            let key = graph.inputName(of: id) ?? ""
            let isState = states[key] != nil
            let type = isState ? states[key].map { ($0.dtype, $0.shape) } : inputs[key].map { ($0.dtype, $0.shape) }
            return type.map { (name: key, dtype: $0.0, shape: $0.1, isState: isState) }
        }
        var made = PlacedCall(
            name: graph.name, binding: given, count: count, function: try plan.bound(segment, binding, Set(states.keys)),
            threads: Machine.threads,
            instructionSet: Machine.active, inputs: known)
        made.states = states
        return made
    }

    /// Puts the operands in their places.
    private func fill(
        _ input: (String) -> Tensor?, _ state: (String) -> StateTensor?, _ output: (String) -> StateTensor?
    ) throws {
        guard let known = placed?.inputs, let function = placed?.function else { return }
        for entry in known {
            if entry.isState { placed?.states[entry.name] = state(entry.name) }
            placed?.tensors.append(entry.isState ? nil : input(entry.name))
        }
        for wanted in function.outputs {
            // The output of a state lies in the state's own memory.
            let isState = function.stateOutputs.contains(wanted.name)
            guard let buffer = isState ? state(wanted.name) : output(wanted.name), let view = buffer.view else {
                throw RuntimeError("output '\(wanted.name)' of '\(function.name)' needs a buffer of \(Session.type(wanted))")
            }
            guard isState || (buffer.dtype == wanted.dtype && buffer.shape == wanted.sizes) else {
                throw RuntimeError(
                    "output '\(wanted.name)' of '\(function.name)' is \(Session.type(wanted)); its buffer is \(view.type)")
            }
            placed?.outputs.append(view)
        }
        try checkOverlap()
    }

    private static func type(_ output: (name: String, dtype: DType, sizes: [Int])) -> String {
        TensorType(output.dtype, output.sizes.map { Dim($0) }).description
    }

    /// A step may write an output before another has read an input.
    private func checkOverlap() throws {
        guard let placed else { return }
        for (index, output) in placed.outputs.enumerated() {
            let others = placed.outputs[..<index]
            let meets =
                others.contains { $0.bytes.meets(output.bytes) } || placed.tensors.contains { $0?.bytes.meets(output.bytes) ?? false }
            if meets {
                throw RuntimeError(
                    "the buffer of output '\(placed.function.outputs[index].name)' of '\(placed.name)' overlaps another buffer or an input")
            }
        }
    }
}
