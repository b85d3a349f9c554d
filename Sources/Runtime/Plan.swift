import CKernels
import IR
import Passes
import Synchronization

/// A module made ready to run: checked once, shared by any number of sessions.
///
/// Each function is lowered when it first runs with certain sizes and kept for the next run with the same sizes. One whose data decide
/// sizes, or that calls others, is lowered in segments (``FunctionProgram``).
///
/// Weights of dense layers are packed for the kernels when the plan is made. `module` then keeps only the types of those
/// that nothing else reads, so that none of these is in memory twice; it cannot make another plan.
package final class Plan: Sendable {
    package let module: Module
    private let weights: WeightStore
    /// ``IR/Module/largestSizes``, and the functions that they hold for.
    private let largest: (sizes: Binding, functions: Set<String>)
    private let programs = Mutex<[String: FunctionProgram]>([:])
    private let bound = Mutex(RecentTable<Key, BoundFunction>(capacity: 512))

    private struct Key: Hashable {
        let segment: SegmentID
        let binding: Binding
        let states: Set<String>
        /// Scratch memory is sized for these.
        let threads: Int
        let instructionSet: Machine.InstructionSet
        let isProbed: Bool
        let handing: Handing
    }

    /// - Parameter options: for ``pipeline``.
    /// - Throws: ``RuntimeError`` if a constant lacks data that fit its type; ``VerificationError`` for an unsound module.
    package init(_ module: Module, _ options: PassOptions = PassOptions()) throws {
        (self.module, weights, largest) = Plan.packed(try Plan.lowered(module, options))
    }

    /// The plan of a module that ``pipeline`` gave for this machine. Nothing is lowered again.
    /// - Throws: as ``init(_:_:)``.
    package init(lowered module: Module) throws {
        guard module.stage == .lowered else { throw RuntimeError("the module is \(module.stage.rawValue), not lowered") }
        try module.verify()
        for function in module.functions { try Plan.check(function, module) }
        (self.module, weights, largest) = Plan.packed(module)
    }

    /// A lowered module without the data that are packed, its weights, and the largest sizes that its functions take.
    private static func packed(_ module: Module) -> (Module, WeightStore, (sizes: Binding, functions: Set<String>)) {
        var lowered = module
        let weights = WeightStore(lowered)
        for key in weights.packedOnly {
            guard let type = lowered.constants[key]?.type else { continue }
            lowered.setConstant(Constant(key: key, type: type, bytes: nil))
        }
        return (lowered, weights, (lowered.largestSizes, Set(lowered.entryPoints.map(\.name))))
    }

    /// The plan of a module that was lowered and packed before, and may come from anywhere. Nothing is lowered or packed again, except for
    /// weights that are packed for another instruction set than the one in use, which are when a function first reads them.
    /// - Throws: ``VerificationError`` for an unsound module, ``RuntimeError`` for data that do not fit it.
    package init(_ packed: PackedModule) throws {
        guard packed.module.stage == .lowered else { throw RuntimeError("the module is \(packed.module.stage.rawValue), not lowered") }
        try packed.module.verify()
        weights = try WeightStore(packed)
        module = packed.module
        largest = (module.largestSizes, Set(module.entryPoints.map(\.name)))
        for key in Set(module.functions.flatMap(\.usedConstants)).subtracting(weights.packedOnly).sorted() {
            try Plan.check(module.constants[key], key)
        }
    }

    /// What a clean module goes through on this machine's kernels.
    package static var pipeline: Pipeline { .lower(KernelFacts(integerDepth: Int(TK_I8_DEPTH))) }

    /// The module that a plan of `module` runs, without its weights packed; for looking at it.
    /// - Throws: as ``init(_:)``.
    package static func lowered(_ module: Module, _ options: PassOptions = PassOptions()) throws -> Module {
        // What is packed and how is decided here, for a module from a text too.
        let result = try PassManager.run(module.stage == .lowered ? try module.raised() : module, pipeline, options)
        let lowered = result.module
        // What passes changed they have verified.
        if result.records.isEmpty { try lowered.verify() }
        for function in lowered.functions { try check(function, lowered) }
        return lowered
    }

    static func check(_ function: Graph, _ module: Module) throws {
        for key in function.usedConstants.sorted() { try check(module.constants[key], key) }
    }

    private static func check(_ constant: Constant?, _ key: String) throws {
        guard let constant, let bytes = constant.bytes else {
            throw RuntimeError(
                "constant @\(key) has no data; a module read from text alone, or that of another plan, which keeps its weights packed, cannot run"
            )
        }
        guard constant.tensor != nil else {
            throw RuntimeError("constant @\(key) has \(bytes.count) bytes, which do not fit its type \(constant.type)")
        }
    }

    /// Refuses sizes that are larger than the model takes.
    /// - Throws: ``RuntimeError`` naming symbol, size and maximum.
    func check(_ binding: Binding, of function: String) throws {
        if largest.sizes.isEmpty || !largest.functions.contains(function) { return }
        for (symbol, most) in largest.sizes.sorted(by: { $0.key < $1.key }) {
            guard let size = binding[symbol], size > most else { continue }
            throw RuntimeError(
                "function '\(function)': \(symbol) is \(size), and the model was compiled for \(most) at most; give it less, or compile the model with "
                    + "--max \(symbol)=\(size)")
        }
    }

    /// The function `name`.
    /// - Throws: ``RuntimeError`` that lists the functions there are.
    package func function(_ name: String) throws -> Graph {
        if let graph = module.function(name) { return graph }
        let known = module.entryPoints.map(\.name).joined(separator: ", ")
        throw RuntimeError("module '\(module.name)' has no function '\(name)'; it has: \(known)")
    }

    /// The parts of function `graph`.
    func program(_ graph: Graph) throws -> FunctionProgram {
        if let known = programs.withLock({ $0[graph.name] }) { return known }
        let made = try FunctionProgram(graph)
        programs.withLock { $0[graph.name] = made }
        return made
    }

    /// `segment` lowered for sizes of its symbols, of which `binding` may hold more.
    /// - Parameter isProbed: whether it must tell where results of nodes lie.
    func bound(
        _ segment: FunctionProgram.Segment, _ binding: Binding, _ states: Set<String>, isProbed: Bool = false, handing: Handing = [:]
    ) throws -> BoundFunction {
        try check(binding, of: segment.id.function)
        let own = binding.filter { segment.symbols.contains($0.key) }
        let key = Key(
            segment: segment.id, binding: own, states: states, threads: Machine.threads, instructionSet: Machine.active,
            isProbed: isProbed, handing: handing)
        if let known = bound.withLock({ $0[key] }) { return known }
        let made = try TimeSpan.measure(.plan, segment.id.function) {
            try BoundFunction(
                segment.graph, binding: own, stateInputs: states, weights: weights, isProbed: isProbed, handing: handing)
        }
        bound.withLock { $0[key] = made }
        return made
    }

    /// Where ``bound(_:_:_:isProbed:)`` places what `segment` keeps between its steps.
    func arena(_ segment: FunctionProgram.Segment, _ binding: Binding, _ states: Set<String>) throws -> ArenaPlan {
        try check(binding, of: segment.id.function)
        let own = binding.filter { segment.symbols.contains($0.key) }
        return try ArenaPlan(segment.graph, binding: own, states: states, weights: weights)
    }

    /// Lowered segments that are kept.
    var keptPlans: Int { bound.withLock { $0.count } }

    /// Bytes of the constants that functions read, packed or not.
    package var weightBytes: Int {
        weights.byteCount + constantBytes
    }

    private var constantBytes: Int {
        module.functions.reduce(into: Set<String>()) { $0.formUnion($1.usedConstants) }
            .reduce(0) { $0 + (module.constants[$1]?.bytes?.count ?? 0) }
    }
}
