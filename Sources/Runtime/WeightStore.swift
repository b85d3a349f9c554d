import CKernels
import Dispatch
import IR
import Synchronization

/// The packed weights of a plan.
///
/// Weights that nothing but dense layers reads are kept packed only, for one instruction set at a time; after
/// `Machine.select` they are repacked when a function is lowered anew.
final class WeightStore: Sendable {
    private let packed: Mutex<[Packing: PackedWeight]>
    /// Filters of convolutions, packed when a function is lowered, because image sizes decide how they are computed. Those that
    /// passes made, in narrow types, are no pages of a file; so they are packed at once, and repacked where another order is needed.
    private let filters: Mutex<[FilterKey: PackedFilter]>
    /// The other filters.
    private let constants: [String: Constant]
    /// Keys of weights that nodes `pack` alone read, and that are packed: nobody needs them as they were.
    let packedOnly: Set<String>

    private struct FilterKey: Hashable {
        let key: String
        /// Else for Winograd's algorithms, which read all the same order.
        let direct: Bool
        let panel: Int

        init(_ key: String, direct: Bool, for set: Machine.InstructionSet) {
            (self.key, self.direct, panel) = (key, direct, PackedFilter.panel(of: set))
        }
    }

    /// Does what the nodes `pack` of `module` say, on all threads.
    /// - Parameter packsFilters: those in f32 too, which else wait until image sizes are known.
    init(_ module: Module, for set: Machine.InstructionSet = Machine.active, packsFilters: Bool = false) {
        let packings = Set(module.functions.flatMap(\.packings)).sorted { ($0.key, $0.layout.rawValue) < ($1.key, $1.layout.rawValue) }
        let dense = packings.filter { $0.layout != .filter }
        let integers = IntegerFormats(module, dense.filter { $0.layout == .panels }, for: set)
        let made = Mutex<[Packing: PackedWeight]>([:])
        WeightStore.onAllThreads(dense.count) { index in
            let format = dense[index].layout == .weightOnlyPanels ? TK_WEIGHT_W8 : integers.format(of: dense[index].key)
            guard let weight = module.constants[dense[index].key].flatMap({ WeightStore.pack($0, set, format) }) else { return }
            made.withLock { $0[dense[index]] = weight }
        }
        packed = Mutex(made.withLock { $0 })
        let filterConstants = packings.filter { $0.layout == .filter }.compactMap { module.constants[$0.key] }
        var narrow: [FilterKey: PackedFilter] = [:]
        for constant in filterConstants where constant.type.dtype != .f32 || packsFilters {
            guard let filter = constant.tensor.flatMap({ PackedFilter($0, for: set) }) else { continue }
            narrow[FilterKey(constant.key, direct: filter.isDirect, for: set)] = filter
        }
        let done = Set(narrow.keys.map(\.key))
        filters = Mutex(narrow)
        constants = Dictionary(
            filterConstants.filter { !done.contains($0.key) }.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        packedOnly = module.keysReadPackedOnly(among: done.union(packed.withLock { $0.keys.map(\.key) }))
    }

    /// What was packed before, of `module`.
    init(_ packed: [Packing: PackedWeight], filters: [String: PackedFilter], of module: Module) {
        self.packed = Mutex(packed)
        let keyed = filters.map { (FilterKey($0.key, direct: $0.value.isDirect, for: $0.value.instructionSet), $0.value) }
        self.filters = Mutex(Dictionary(keyed, uniquingKeysWith: { first, _ in first }))
        constants = [:]
        packedOnly = module.keysReadPackedOnly(among: Set(packed.keys.map(\.key)).union(filters.keys))
    }

    /// All that is packed, dense weights and filters.
    var contents: (weights: [Packing: PackedWeight], filters: [String: PackedFilter]) {
        let filters = filters.withLock { Dictionary($0.map { ($0.key.key, $0.value) }, uniquingKeysWith: { first, _ in first }) }
        return (packed.withLock { $0 }, filters)
    }

    /// A weight for the active instruction set; nil if it could not be packed.
    func weight(_ packing: Packing) -> PackedWeight? {
        packed.withLock { table in
            guard let current = table[packing], let fitting = current.repacked(for: Machine.active) else { return nil }
            table[packing] = fitting
            return fitting
        }
    }

    /// The filter `key` [out, in, height, width] for `algorithm` and the active instruction set; nil if it cannot be packed.
    func filter(_ key: String, _ algorithm: tk_conv_algorithm) -> PackedFilter? {
        let name = FilterKey(key, direct: algorithm.readsDirectOrder, for: Machine.active)
        let (known, other) = filters.withLock { table in (table[name], table.first { $0.key.key == key }?.value) }
        if let known { return known }
        let plain = constants[key]?.tensor
        guard let made = plain.flatMap({ PackedFilter($0, algorithm) }) ?? other?.repacked(for: algorithm) else { return nil }
        filters.withLock { $0[name] = made }
        return made
    }

    var byteCount: Int {
        packed.withLock { $0.values.reduce(0) { $0 + $1.bytes.count } }
            + filters.withLock { $0.values.reduce(0) { $0 + $1.memory.bytes.count } }
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
        case .f16: TK_WEIGHT_F16
        case .i8 where integers == TK_WEIGHT_W8 || weight.shape[1] <= TK_I8_DEPTH: integers
        case .i4: TK_WEIGHT_W4
        default: nil
        }
    }

    /// Runs `body` for 0..<count on as many threads as kernels may use.
    static func onAllThreads(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let workers = min(count, Machine.threads)
        DispatchQueue.concurrentPerform(iterations: workers) { worker in
            for index in stride(from: worker, to: count, by: workers) { body(index) }
        }
    }
}

/// A constant and the layout that it is packed in.
struct Packing: Hashable {
    let key: String
    let layout: Layout
}

extension Module {
    /// Those of `keys` that nothing but nodes `pack` reads.
    fileprivate func keysReadPackedOnly(among keys: Set<String>) -> Set<String> {
        var others: Set<String> = []
        for graph in functions {
            for output in graph.outputs { if let key = graph.constantKey(of: output.value) { others.insert(key) } }
            for node in graph.nodes where !(node.op is Pack) {
                others.formUnion(node.inputs.compactMap { $0.flatMap { graph.constantKey(of: $0) } })
            }
        }
        return keys.subtracting(others)
    }
}

extension Graph {
    /// What packs `value`, if a node does.
    func packing(of value: ValueID) -> Packing? {
        guard let node = producer(of: value), let pack = node.op as? Pack, let key = constantKey(of: unpacked(value)) else { return nil }
        return Packing(key: key, layout: pack.layout)
    }

    /// All that this function has packed.
    var packings: [Packing] { nodes.compactMap { node in node.outputs.first.flatMap { packing(of: $0) } } }

    /// What `value` was before it was packed.
    func unpacked(_ value: ValueID) -> ValueID {
        guard let node = producer(of: value), node.op is Pack else { return value }
        return (node.inputs.first ?? nil) ?? value
    }
}
