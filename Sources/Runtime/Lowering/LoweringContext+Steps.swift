import CKernels
import IR

/// Kernel calls.
extension LoweringContext {
    /// Appends a kernel call that touches the buffers of `views`.
    func emit(_ kernel: String, _ views: [View?], _ run: @escaping @Sendable (Memory) -> Outcome) {
        for case let view? in views { buffers.touch(view, at: steps.count) }
        steps.append(Step(kernel: kernel, node: currentNode, run: run))
    }

    /// Appends the stage that `node` is, to the step before if it is joined with that and they may run as one.
    func emit(_ stage: ElementwiseStage, of node: Node) {
        guard node.hints.contains(.joined), var joined = chains[steps.count - 1], joined.append(stage) else {
            return emit(ElementwiseChain(stage), stage)
        }
        steps.removeLast()
        // What is new to the chain is touched while its first stages run.
        for view in stage.views { buffers.touchSooner(view, at: steps.count) }
        emit(joined, stage)
    }

    private func emit(_ chain: ElementwiseChain, _ stage: ElementwiseStage) {
        chains[steps.count] = chain
        emit(chain.kernel, stage.views, chain.run(keeping: [:]))
    }

    /// Results that one chain alone writes and reads need no memory but that of a block. Nobody asks where they lie after that.
    func keepInBlocks() {
        let handed = Set(handover.byStep.values.joined().map(\.view.buffer))
        for (index, chain) in chains where chain.stages.count > 1 {
            var slots: [Int: Int] = [:]
            for buffer in chain.stages.map(\.y.buffer) where slots[buffer] == nil && !handed.contains(buffer) {
                guard buffers.all[buffer].storage == .arena, buffers.all[buffer].lifetime == index...index else { continue }
                slots[buffer] = slots.count + 1
                buffers.dropMemory(buffer)
            }
            if slots.isEmpty { continue }
            steps[index] = Step(kernel: steps[index].kernel, node: steps[index].node, run: chain.run(keeping: slots))
        }
    }

    /// Copies between any two views of the same sizes and element width.
    func copy(_ source: View, to target: View) throws {
        if source.dtype.bits < 8, source.isContiguous, target.isContiguous {
            return try copy(source.packedBytes, to: target.packedBytes)
        }
        guard source.sizes == target.sizes else { throw RuntimeError("a copy between \(source.sizes) and \(target.sizes)") }
        let (shape, strides) = collapse(source.sizes, [source.strides, target.strides])
        guard shape.count <= Int(TK_MAX_RANK) else { throw RuntimeError("more than \(TK_MAX_RANK) dimensions in a copy", .unsupported) }
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
