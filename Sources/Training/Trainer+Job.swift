import IR
import Runtime

extension Trainer {
    /// What a step with such inputs takes, before it is made.
    package func memory(for inputs: [String: Tensor]) throws -> TrainerMemory { throw TrainingError("not there yet") }

    /// One batch as ``gradients(_:)`` computes it; `onResult` is told each result of a node as soon as it is there. Nothing is updated.
    package func probe(_ inputs: [String: Tensor], _ onResult: @escaping (NodeResult) throws -> Void) throws {
        throw TrainingError("not there yet")
    }
}
