import CKernels
import Dispatch
import IR
import Synchronization

/// The packed weights of a plan.
///
/// Weights that nothing but dense layers reads are kept packed only, for one instruction set at a time; after
/// `Machine.select` they are repacked when a function is lowered anew.
final class WeightStore: Sendable {
    private let packed: Mutex<[String: PackedWeight]>
    /// Filters of convolutions, packed when a function is lowered, because image sizes decide how they are computed. Those that
    /// passes made, in narrow types, are no pages of a file; so they are packed at once, and repacked where another order is needed.
    private let filters: Mutex<[FilterKey: PackedFilter]>
    /// The other filters.
    private let constants: [String: Constant]

    private struct FilterKey: Hashable {
        let key: String
        /// Else for Winograd's algorithms, which read all the same order.
        let direct: Bool
        let instructionSet: Machine.InstructionSet
    }

    /// Packs the weights of every dense layer of `module` that has a kernel, on all threads.
    init(_ module: Module) {
        let weightOnly = WeightStore.weightKeys(module)
        let keys = weightOnly.keys.sorted()
        let set = Machine.active
        let halfRange = WeightStore.areHalfRange(keys.filter { weightOnly[$0] == false }.compactMap { module.constants[$0] })
        let made = Mutex<[String: PackedWeight]>([:])
        WeightStore.onAllThreads(keys.count) { index in
            let integers = weightOnly[keys[index]] == true ? TK_WEIGHT_W8 : halfRange ? TK_WEIGHT_I7 : TK_WEIGHT_I8
            guard let weight = module.constants[keys[index]].flatMap({ WeightStore.pack($0, set, integers) }) else { return }
            made.withLock { $0[keys[index]] = weight }
        }
        packed = Mutex(made.withLock { $0 })
        let filterConstants = WeightStore.filterKeys(module).compactMap { module.constants[$0] }
        var narrow: [FilterKey: PackedFilter] = [:]
        for constant in filterConstants where constant.type.dtype != .f32 {
            guard let filter = constant.tensor.flatMap({ PackedFilter($0) }) else { continue }
            narrow[FilterKey(key: constant.key, direct: filter.isDirect, instructionSet: set)] = filter
        }
        let done = Set(narrow.keys.map(\.key))
        filters = Mutex(narrow)
        constants = Dictionary(
            filterConstants.filter { !done.contains($0.key) }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The weight `key` for the active instruction set; nil if it is no packed weight.
    func weight(_ key: String) -> PackedWeight? {
        packed.withLock { table in
            guard let current = table[key], let fitting = current.repacked(for: Machine.active) else { return nil }
            table[key] = fitting
            return fitting
        }
    }

    /// The filter `key` [out, in, height, width] for `algorithm` and the active instruction set; nil if it cannot be packed.
    func filter(_ key: String, _ algorithm: tk_conv_algorithm) -> PackedFilter? {
        let name = FilterKey(key: key, direct: algorithm == TK_CONV_DIRECT, instructionSet: Machine.active)
        let (known, other) = filters.withLock { table in (table[name], table.first { $0.key.key == key }?.value) }
        if let known { return known }
        let plain = constants[key]?.tensor
        guard let made = plain.flatMap({ PackedFilter($0, algorithm) }) ?? other?.repacked(for: algorithm) else { return nil }
        filters.withLock { $0[name] = made }
        return made
    }

    private static func filterKeys(_ module: Module) -> Set<String> {
        var keys: Set<String> = []
        for graph in module.functions {
            for node in graph.nodes where ConvOperands.hasKernel(node, graph) {
                if let key = node.inputs[1].flatMap({ graph.constantKey(of: $0) }) { keys.insert(key) }
            }
        }
        return keys
    }

    var byteCount: Int {
        packed.withLock { $0.values.reduce(0) { $0 + $1.bytes.count } }
            + filters.withLock { $0.values.reduce(0) { $0 + $1.memory.bytes.count } }
    }

    /// Keys of packed weights that no operator of `module` reads in any other way.
    func exclusiveKeys(_ module: Module) -> Set<String> {
        let table = packed.withLock { $0 }
        let known = Set(table.keys).union(filters.withLock { $0.keys.map(\.key) })
        var others: Set<String> = []
        for graph in module.functions {
            for output in graph.outputs { if let key = graph.constantKey(of: output.value) { others.insert(key) } }
            for node in graph.nodes {
                let packed = WeightStore.packedOperands(node, graph, table)
                for (index, input) in node.inputs.enumerated() where !packed.contains(index) {
                    if let key = input.flatMap({ graph.constantKey(of: $0) }) { others.insert(key) }
                }
            }
        }
        return known.subtracting(others)
    }

    /// Positions of the operands that `node` reads packed.
    private static func packedOperands(_ node: Node, _ graph: Graph, _ table: [String: PackedWeight]) -> [Int] {
        if ConvOperands.hasKernel(node, graph) { return [1] }
        guard DenseOperands.hasKernel(node, graph), let form = DenseOperands(node.op) else { return [] }
        // One that is not packed as this layer wants it has the layer evaluated, which reads all of them plain.
        let weights = form.weights.map { node.inputs[$0].flatMap { graph.constantKey(of: $0) }.flatMap { table[$0] } }
        return weights.allSatisfy { $0?.isWeightOnly == form.weightOnly } ? form.weights : []
    }

    /// Keys of the weights of dense layers that have kernels, and whether they are for weight-only products; those that layers of both
    /// kinds read are left out.
    private static func weightKeys(_ module: Module) -> [String: Bool] {
        var kinds: [String: Set<Bool>] = [:]
        for graph in module.functions {
            for node in graph.nodes where DenseOperands.hasKernel(node, graph) {
                guard let form = DenseOperands(node.op) else { continue }
                for index in form.weights {
                    if let key = node.inputs[index].flatMap({ graph.constantKey(of: $0) }) {
                        kinds[key, default: []].insert(form.weightOnly)
                    }
                }
            }
        }
        return kinds.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// - Parameter integers: the format of weights of 8 bits.
    private static func pack(_ constant: Constant, _ set: Machine.InstructionSet, _ integers: tk_weight_format) -> PackedWeight? {
        guard let tensor = constant.tensor, tensor.rank == 2, let format = format(tensor, integers) else { return nil }
        defer { tensor.bytes.evict() }
        return PackedWeight(tensor.bytes, format, rows: tensor.shape[0], columns: tensor.shape[1], for: set)
    }

    private static func format(_ weight: Tensor, _ integers: tk_weight_format) -> tk_weight_format? {
        switch weight.dtype {
        case .f32: TK_WEIGHT_F32
        case .bf16: TK_WEIGHT_BF16
        case .i8 where integers == TK_WEIGHT_W8 || weight.shape[1] <= TK_I8_DEPTH: integers
        case .i4: TK_WEIGHT_W4
        default: nil
        }
    }

    /// Whether all integer weights are of half range. Decided for all of a module alike, since layers with two branches need one
    /// format for both.
    private static func areHalfRange(_ constants: [Constant]) -> Bool {
        let isWide = Atomic(false)
        onAllThreads(constants.count) { index in
            guard constants[index].type.dtype == .i8, !isWide.load(ordering: .relaxed), let tensor = constants[index].tensor,
                tensor.rank == 2
            else { return }
            let weights = tensor.bytes.pointer.assumingMemoryBound(to: Int8.self)
            if tk_is_half_range(weights, tensor.shape[0], tensor.shape[1]) == 0 { isWide.store(true, ordering: .relaxed) }
        }
        return !isWide.load(ordering: .relaxed)
    }

    /// Runs `body` for 0..<count on as many threads as kernels may use.
    private static func onAllThreads(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let workers = min(count, Machine.threads)
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: count, by: workers) { body(index) }
        }
    }
}
