import IR
import Runtime

/// Trains a function of a module: gradients of a batch, and what an optimizer makes of them.
///
/// Parameters, moments, averages and accumulated gradients are memory that the runtime updates in place. Equal batches give equal bits, on
/// any number of threads. A trainer serves one thread at a time.
package final class Trainer {
    package let function: TrainedFunction
    package let settings: TrainerSettings
    package let threads: Int?
    /// Sums gradients over processes, where there are several.
    package var exchange: (any GradientExchange)?

    /// - Throws: ``TrainingError`` for parameters that are no f32 constants of the function, and settings that cannot be; `PassError` for operators
    ///   without a derivative.
    package init(_ function: TrainedFunction, _ settings: TrainerSettings = TrainerSettings(), threads: Int? = nil) throws {
        (self.function, self.settings, self.threads) = (function, settings, threads)
    }

    /// One batch: a part of an update under accumulation.
    /// - Parameters:
    ///   - inputs: of the function, except for buffers.
    ///   - learningRate, weightDecay: values of the schedules at this batch; groups scale them. Under accumulation those of an update's first batch hold.
    ///   - absent: parameters that have no gradient in this batch, such as the head of a modality without targets. Those that have none in any batch of an
    ///     update are neither updated nor decayed, which is not what a gradient of zeros does.
    /// - Throws: as `Session.run`; after an error parameters may be partly updated, and only a state that was kept before goes on with the same bits.
    package func step(
        _ inputs: [String: Tensor], learningRate: Double, weightDecay: Double, without absent: Set<String> = []
    ) throws -> StepOutcome {
        throw TrainingError("not there yet")
    }

    /// Results, and gradients as `grad.KEY`, of one batch. Nothing is updated.
    package func gradients(_ inputs: [String: Tensor]) throws -> [String: Tensor] { throw TrainingError("not there yet") }

    /// Copies of what is trained, by key.
    package var parameters: [String: Tensor] { [:] }
    /// Copies of the buffers, by key.
    package var buffers: [String: Tensor] { [:] }
    /// Copies of the moving averages of parameters and buffers, by key; empty without ``TrainerSettings/averageDecay``.
    package var averages: [String: Tensor] { [:] }

    /// - Throws: ``TrainingError`` if there is no such parameter, or `tensor` is of another type. Its moments stay.
    package func setParameter(_ key: String, _ tensor: Tensor) throws { throw TrainingError("not there yet") }
    /// - Throws: as ``setParameter(_:_:)``.
    package func setBuffer(_ key: String, _ tensor: Tensor) throws { throw TrainingError("not there yet") }

    /// A copy of all that a resume needs.
    package var state: TrainerState { TrainerState() }

    /// Goes on where a state was taken, with the same bits.
    /// - Throws: ``TrainingError`` naming what is missing, or too much, or of another type; the trainer is then as it was.
    package func restore(_ state: TrainerState) throws { throw TrainingError("not there yet") }

    /// The function's module with the present parameters and buffers; their moving averages instead if `averaged`.
    package func module(averaged: Bool = false) throws -> Module { function.module }
}
