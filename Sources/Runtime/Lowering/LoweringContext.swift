import CKernels
import IR

/// An operator that has kernels. Conformances live in this folder, a file for each kernel family.
protocol Lowerable: TensorOperator {
    /// Emits the steps that compute `node`, or defines its results as views.
    func lower(_ node: Node, _ context: LoweringContext) throws
}

/// Turns one function, under one binding of its symbols, into steps over buffers.
final class LoweringContext {
    /// What backs a buffer.
    enum Storage: Equatable {
        case arena
        case input(Int)
        /// Memory that the caller lends and that the run changes in place.
        case state(String)
        case output(Int)
        case constant(String)
        case packed(PackedBytes)
    }

    struct Buffer {
        let storage: Storage
        var bytes: Int
        var firstStep: Int
        var lastStep: Int
        /// Operand positions, and outputs, that still have to read a value in this buffer.
        var pendingReads: Int
    }

    let graph: Graph
    let binding: Binding
    private let stateInputs: Set<String>
    private let weights: WeightStore
    private(set) var buffers: [Buffer] = []
    private(set) var steps: [Step] = []
    private var views: [ValueID: View] = [:]
    private var pending: [ValueID: Int] = [:]
    private var constantBuffers: [String: Int] = [:]
    private var channelsLastCopies: [View: View] = [:]
    private var states: [String: View] = [:]
    private var chain: ElementwiseChain?
    private var currentNode = 0
    private var outputIndex: [ValueID: Int] = [:]
    /// The results of concats whose operands are written in place before them.
    var joins: [NodeID: Join] = [:]

    init(graph: Graph, binding: Binding, stateInputs: Set<String>, weights: WeightStore) {
        self.graph = graph
        self.weights = weights
        self.binding = binding
        self.stateInputs = stateInputs
        for (index, output) in graph.outputs.enumerated() {
            pending[output.value, default: 0] += 1
            if stateInputs.contains(output.name) { continue }
            var value = output.value
            while outputIndex[value] == nil {
                outputIndex[value] = index
                guard let producer = graph.producer(of: value), producer.op is Reshape, let source = producer.inputs[0],
                    graph.hasSingleUse(source)
                else { break }
                value = source
            }
        }
    }

    /// Steps and buffers for the whole function.
    func lower() throws {
        for (index, input) in graph.inputs.enumerated() {
            let name = graph.inputName(of: input) ?? ""
            let type = graph.type(of: input)
            let isState = stateInputs.contains(name)
            let buffer = newBuffer(isState ? .state(name) : .input(index))
            let view = View(buffer: buffer, dtype: type.dtype, sizes: try type.sizes(binding))
            if isState { states[name] = view }
            define(input, view)
        }
        for (index, node) in graph.nodes.enumerated() {
            currentNode = index
            guard let op = node.op as? any Lowerable else { throw RuntimeError("\(node.opName) '\(node.name)' has no lowering") }
            do { try isPacked(node) ? lowerByEvaluation(node, self) : op.lower(node, self) } catch {
                throw RuntimeError("\(node.opName) '\(node.name)': \(error)")
            }
            for case let input? in node.inputs { release(input) }
        }
        try finishOutputs()
    }

    /// Whether 4-bit elements are involved, which views cannot address; a reshape leaves them where they are, and dense layers have kernels
    /// for them.
    private func isPacked(_ node: Node) -> Bool {
        if node.op is Reshape || node.op is Pack { return false }
        let operands = node.inputs.compactMap { $0 }
        if operands.contains(where: { graph.type(of: $0).layout != nil }) { return false }
        return (node.inputs.compactMap { $0 } + node.outputs).contains { graph.type(of: $0).dtype.bits < 8 }
    }

    /// Copies outputs that do not yet lie where they belong: first what the caller gets, then states, whose old content
    /// nobody reads any more by then.
    private func finishOutputs() throws {
        currentNode = graph.nodeCount
        var updates: [(name: String, source: View)] = []
        for (index, output) in graph.outputs.enumerated() {
            let source = try view(of: output.value)
            if stateInputs.contains(output.name) {
                updates.append((output.name, source))
            } else if buffers[source.buffer].storage != .output(index) || source.offset != 0 || !source.isContiguous {
                try copy(source, to: View(buffer: newBuffer(.output(index)), dtype: source.dtype, sizes: source.sizes))
            }
        }
        try finishStates(updates)
    }

    private func finishStates(_ updates: [(name: String, source: View)]) throws {
        var moves: [(source: View, target: View)] = []
        for (name, source) in updates {
            guard let target = states[name], target.sizes == source.sizes, target.dtype == source.dtype else {
                throw RuntimeError("output '\(name)' has not the type of the state '\(name)'")
            }
            if source.isContiguous, source.canonical == target { continue }
            moves.append((isState(source) ? try copied(source) : source, target))
        }
        for move in moves { try copy(move.source, to: move.target) }
    }

    private func release(_ value: ValueID) {
        guard let view = views[value] else { return }
        pending[value, default: 1] -= 1
        buffers[view.buffer].pendingReads -= 1
    }

    private func newBuffer(_ storage: Storage, bytes: Int = 0) -> Int {
        buffers.append(Buffer(storage: storage, bytes: bytes, firstStep: steps.count, lastStep: steps.count, pendingReads: 0))
        return buffers.count - 1
    }

    // MARK: values

    func type(of value: ValueID) -> TensorType { graph.type(of: value) }

    func sizes(of value: ValueID) throws -> [Int] { try graph.type(of: value).sizes(binding) }

    func evaluate(_ dim: Dim) throws -> Int { try dim.evaluate(binding) }

    /// Where operand `index` of `node` lies.
    func operand(_ node: Node, _ index: Int) throws -> View {
        guard let view = try optional(node, index) else { throw RuntimeError("operand \(index) is missing") }
        return view
    }

    /// Where operand `index` lies; nil if it is absent.
    func optional(_ node: Node, _ index: Int) throws -> View? {
        guard index < node.inputs.count, let value = node.inputs[index] else { return nil }
        return try view(of: value)
    }

    /// Operand `index`, dense and row-major; copied first if it is not.
    func dense(_ node: Node, _ index: Int) throws -> View {
        guard let view = try optionalDense(node, index) else { throw RuntimeError("operand \(index) is missing") }
        return view
    }

    func optionalDense(_ node: Node, _ index: Int) throws -> View? {
        guard let view = try optional(node, index), let value = node.inputs[index] else { return nil }
        return view.isContiguous ? view.canonical : try materialize(value, view)
    }

    /// Operand `index` as rows with one distance; copied first if its strides do not allow that.
    func rows(_ node: Node, _ index: Int) throws -> (view: View, count: Int, columns: Int, stride: Int) {
        var view = try operand(node, index)
        if view.rows == nil { view = try dense(node, index) }
        guard let rows = view.rows else { throw RuntimeError("operand \(index) cannot be read as rows") }
        return (view, rows.count, rows.columns, rows.stride)
    }

    /// Operand `index` with a contiguous last dimension; copied first if it has not.
    func lastContiguous(_ node: Node, _ index: Int) throws -> View {
        let view = try operand(node, index)
        return view.strides.last == 1 || view.sizes.last == 1 ? view : try dense(node, index)
    }

    private func view(of value: ValueID) throws -> View {
        if let view = views[value] { return view }
        guard let key = graph.constantKey(of: graph.unpacked(value)) else {
            throw RuntimeError("\(graph.origin(of: value)) is not computed")
        }
        let buffer = constantBuffers[key] ?? newBuffer(.constant(key))
        constantBuffers[key] = buffer
        let type = graph.type(of: value)
        return View(buffer: buffer, dtype: type.dtype, sizes: try type.sizes(binding))
    }

    /// Operand `index` as the kernels of dense layers read it; nil if nothing packs it.
    func packedWeight(_ node: Node, _ index: Int) -> PackedWeight? {
        node.inputs[index].flatMap { graph.packing(of: $0) }.flatMap { weights.weight($0) }
    }

    /// Operand `index` as the kernel of a convolution reads it; nil if nothing packs it, or it cannot be packed for `algorithm`.
    func packedFilter(_ node: Node, _ index: Int, _ algorithm: tk_conv_algorithm) -> PackedFilter? {
        node.inputs[index].flatMap { graph.packing(of: $0) }.flatMap { $0.layout == .filter ? weights.filter($0.key, algorithm) : nil }
    }

    /// Where the bytes of a packed weight lie.
    func view(of packed: PackedBytes) -> View {
        let buffer = buffers.firstIndex { $0.storage == .packed(packed) } ?? newBuffer(.packed(packed))
        return View(buffer: buffer, dtype: .u8, sizes: [packed.bytes.count])
    }

    /// A channels-last copy of `view` [n, c, h, w] that later readers of the same view use too.
    func channelsLastCopy(of view: View) throws -> View {
        if let known = channelsLastCopies[view] { return known }
        let sizes = view.channelsMovedLast.sizes
        let copy = allocate(view.dtype, sizes).transposed([0, 3, 1, 2])
        try self.copy(view, to: copy)
        // Memory that may be overwritten later must not be taken for what it was.
        switch buffers[view.buffer].storage {
        case .input, .constant: channelsLastCopies[view] = copy
        default: break
        }
        return copy
    }

    /// A dense copy of `value` that later readers use too.
    private func materialize(_ value: ValueID, _ view: View) throws -> View {
        let target = try copied(view)
        if let old = views[value] {
            let reads = pending[value] ?? 0
            buffers[old.buffer].pendingReads -= reads
            buffers[target.buffer].pendingReads += reads
            views[value] = target
        }
        return target
    }

    /// A dense copy of what `view` shows.
    func copied(_ view: View) throws -> View {
        let target = allocate(view.dtype, view.sizes)
        try copy(view, to: target)
        return target
    }

    /// Says where result `index` of `node` lies.
    func define(_ node: Node, _ index: Int = 0, as view: View) { define(node.outputs[index], view) }

    private func define(_ value: ValueID, _ view: View) {
        views[value] = view
        let reads = (pending[value] ?? 0) + graph.users(of: value).count
        pending[value] = reads
        buffers[view.buffer].pendingReads += reads
    }

    // MARK: memory

    /// New dense arena memory.
    func allocate(_ dtype: DType, _ sizes: [Int]) -> View {
        let view = View(buffer: buffers.count, dtype: dtype, sizes: sizes)
        _ = newBuffer(.arena, bytes: view.byteCount)
        return view
    }

    /// New dense memory for result `index`, which it is thereby defined as: an output of the function lies where the caller wants it,
    /// an operand of a concat in its part of that.
    func result(_ node: Node, _ index: Int = 0) throws -> View {
        let value = node.outputs[index]
        let view = try densePart(for: value) ?? memory(for: value)
        define(value, view)
        return view
    }

    /// New dense memory for `value`.
    func memory(for value: ValueID) throws -> View {
        let view = try layout(of: value)
        take(view, for: value)
        return view
    }

    /// Dense memory that a call of ``take(_:for:)`` would make the next buffer.
    func layout(of value: ValueID) throws -> View {
        View(buffer: buffers.count, dtype: type(of: value).dtype, sizes: try sizes(of: value))
    }

    /// Makes the memory of `view` the next buffer: the caller's if it is dense and the caller gets `value`.
    func take(_ view: View, for value: ValueID) {
        if let output = outputIndex[value], view.isContiguous, !buffers.contains(where: { $0.storage == .output(output) }) {
            _ = newBuffer(.output(output), bytes: view.byteCount)
        } else {
            _ = newBuffer(.arena, bytes: view.byteCount)
        }
    }

    /// Keeps the memory of `view` from being taken for something else while nobody seems to read it.
    func hold(_ view: View) { buffers[view.buffer].pendingReads += 1 }

    /// The end of ``hold(_:)``.
    func letGo(_ view: View) { buffers[view.buffer].pendingReads -= 1 }

    /// Whether the caller gets `value`, or what is a reshape of it.
    func isResult(_ value: ValueID) -> Bool { outputIndex[value] != nil }

    /// Like ``result(_:_:)``, but over operand `operand` if that is dense, as large, and read by nobody after this node.
    func resultInPlace(_ node: Node, over operand: Int) throws -> View {
        let value = node.outputs[0]
        if let part = try densePart(for: value) {
            define(node, as: part)
            return part
        }
        guard outputIndex[value] == nil, let view = try optional(node, operand), view.isContiguous,
            buffers[view.buffer].storage == .arena, isLastRead(of: view, by: node),
            graph.type(of: value).dtype == view.dtype, try sizes(of: value) == view.sizes
        else { return try result(node) }
        define(node, as: view)
        return view
    }

    /// Whether nobody but `node`'s one operand still reads the buffer that `view` lies in.
    func isLastRead(of view: View, by node: Node) -> Bool { buffers[view.buffer].pendingReads == 1 }

    func isState(_ view: View) -> Bool {
        if case .state = buffers[view.buffer].storage { return true }
        return false
    }

    func isArena(_ view: View) -> Bool { buffers[view.buffer].storage == .arena }

    /// Memory that only the next emitted step uses; nil for no bytes.
    func scratch(_ bytes: Int) -> View? { bytes == 0 ? nil : allocate(.u8, [bytes]) }

    // MARK: steps

    /// Appends a kernel call that touches the buffers of `views`.
    func emit(_ kernel: String, _ views: [View?], _ run: @escaping @Sendable (Memory) -> Outcome) {
        for case let view? in views {
            if view.buffer < buffers.count { buffers[view.buffer].lastStep = steps.count }
        }
        steps.append(Step(kernel: kernel, node: currentNode, run: run))
    }

    /// Appends the stage that `node` is, to the step before if it is joined with that and they may run as one.
    func emit(_ stage: ElementwiseStage, of node: Node) {
        guard node.hints.contains(.joined), var joined = chain, joined.step == steps.count - 1, joined.append(stage) else {
            chain = ElementwiseChain(stage, step: steps.count)
            return emitChain(stage)
        }
        chain = joined
        steps.removeLast()
        // What is new to the chain is touched while its first stages run.
        for view in stage.views { buffers[view.buffer].firstStep = min(buffers[view.buffer].firstStep, steps.count) }
        emitChain(stage)
    }

    private func emitChain(_ stage: ElementwiseStage) {
        guard let chain else { return }
        emit(chain.kernel, stage.views, chain.run)
    }

    /// Copies between any two views of the same sizes and element width.
    func copy(_ source: View, to target: View) throws {
        if source.dtype.bits < 8, source.isContiguous, target.isContiguous {
            return try copy(source.packedBytes, to: target.packedBytes)
        }
        guard source.sizes == target.sizes else { throw RuntimeError("a copy between \(source.sizes) and \(target.sizes)") }
        let (shape, strides) = collapse(source.sizes, [source.strides, target.strides])
        guard shape.count <= Int(TK_MAX_RANK) else { throw RuntimeError("more than \(TK_MAX_RANK) dimensions in a copy") }
        let (from, to, width) = (source.ref, target.ref, source.dtype.byteWidth)
        emit("copy", [source, target]) { memory in
            Outcome(tk_copy_strided(width, Int32(shape.count), shape, memory.raw(from), strides[0], memory.raw(to), strides[1]))
        }
    }
}

/// Joins neighbouring dimensions that every operand walks evenly; drops those of size 1.
func collapse(_ sizes: [Int], _ strides: [[Int]]) -> (sizes: [Int], strides: [[Int]]) {
    var outSizes: [Int] = []
    var outStrides = [[Int]](repeating: [], count: strides.count)
    for axis in sizes.indices where sizes[axis] != 1 {
        let joins =
            !outSizes.isEmpty
            && strides.indices.allSatisfy { (outStrides[$0].last ?? 0) == strides[$0][axis] * sizes[axis] }
        if joins { outSizes[outSizes.count - 1] *= sizes[axis] } else { outSizes.append(sizes[axis]) }
        for operand in strides.indices {
            if joins {
                outStrides[operand][outSizes.count - 1] = strides[operand][axis]
            } else {
                outStrides[operand].append(strides[operand][axis])
            }
        }
    }
    if outSizes.isEmpty { return ([1], strides.map { _ in [1] }) }
    return (outSizes, outStrides)
}
