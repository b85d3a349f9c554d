import CKernels
import IR
import Passes
import Synchronization

/// Which products the 8-bit weights of a module get whose activations are rounded too.
struct IntegerFormats {
    /// Those of which few exceed half range; without VNNI they are multiplied faster.
    private let nearly: Set<String>
    private let areAllHalf: Bool

    init(_ module: Module, _ packings: [Packing], for set: Machine.InstructionSet) {
        let constants = packings.compactMap { module.constants[$0.key] }.filter { $0.type.dtype == .i8 }
        let half = IntegerFormats.keys(constants) { tk_is_half_range($0, $1, $2) != 0 }
        areAllHalf = half.count == constants.count
        guard !areAllHalf, Machine.prefersHalfRangeWeights(on: set) else { nearly = []; return }
        let others = IntegerFormats.keys(constants) { tk_is_nearly_half_range($0, $1, $2) != 0 }
        nearly = others.subtracting(IntegerFormats.unlikeTheirOther(module, others))
    }

    func format(of key: String) -> tk_weight_format {
        areAllHalf ? TK_WEIGHT_I7 : nearly.contains(key) ? TK_WEIGHT_I7_REST : TK_WEIGHT_I8
    }

    /// Layers with two branches need one format for both: keys of `known` that share such a layer with others, or with keys that do.
    private static func unlikeTheirOther(_ module: Module, _ known: Set<String>) -> Set<String> {
        let pairs = module.functions.flatMap { graph in
            graph.nodes.filter { $0.op is QuantizedGatedLinear }.map { node in
                (DenseOperands(node.op)?.weights ?? []).compactMap { node.inputs[$0].flatMap { graph.packing(of: $0)?.key } }
            }
        }
        var unlike: Set<String> = []
        while true {
            let more = pairs.filter { pair in pair.contains { !known.contains($0) || unlike.contains($0) } }.flatMap { $0 }
            guard !unlike.isSuperset(of: more) else { return unlike }
            unlike.formUnion(more)
        }
    }

    /// Keys of the matrices that pass `test`, on all threads.
    private static func keys(
        _ constants: [Constant], _ test: @Sendable (UnsafePointer<Int8>, Int, Int) -> Bool
    ) -> Set<String> {
        let passed = Mutex<Set<String>>([])
        WeightStore.onAllThreads(constants.count) { index in
            guard let tensor = constants[index].tensor, tensor.rank == 2 else { return }
            let weights = tensor.bytes.pointer.assumingMemoryBound(to: Int8.self)
            if test(weights, tensor.shape[0], tensor.shape[1]) { passed.withLock { _ = $0.insert(constants[index].key) } }
        }
        return passed.withLock { $0 }
    }
}
