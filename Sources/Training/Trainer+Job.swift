import IR
import Runtime

extension Trainer {
    /// What a training takes whose batches are as large as `inputs`, as the memory planner places it. The next step with such inputs only computes.
    /// - Throws: as `Session.run`.
    package func memory(for inputs: [String: Tensor]) throws -> TrainerMemory {
        var memory = TrainerMemory()
        memory.parameterBytes = order.reduce(0) { $0 + $1.count * 4 }
        memory.momentBytes = order.reduce(0) { $0 + $1.moments.count * $1.count * 4 }
        memory.averageBytes = order.reduce(0) { $0 + ($1.average == nil ? 0 : $1.count * 4) } + bytes(of: bufferAverages)
        memory.gradientBytes = holdsGradients ? memory.parameterBytes : 0
        memory.constantBytes = gradient.constantBytes + bytes(of: bufferStates)
        memory.stepBytes = try gradient.workingBytes(inputs, parameters: byKey, buffers: bufferStates)
        return memory
    }

    private func bytes(of states: [String: StateTensor]) -> Int {
        states.values.reduce(0) { $0 + ($1.view?.bytes.count ?? 0) }
    }

    /// One batch as ``gradients(_:)`` computes it; `onResult` is told each result of a node as soon as it is there. Nothing is updated.
    /// - Throws: as `Session.run`, and what `onResult` throws.
    package func probe(_ inputs: [String: Tensor], _ onResult: @escaping (NodeResult) throws -> Void) throws {
        try gradient.probe(inputs, parameters: byKey, buffers: bufferStates, seed: seed, onResult)
    }
}
