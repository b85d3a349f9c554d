/// Bytes that a training takes.
package struct TrainerMemory: Sendable, Equatable {
    /// What is trained, and what an optimizer keeps of it.
    package var parameterBytes = 0, momentBytes = 0
    /// Moving averages of parameters and buffers.
    package var averageBytes = 0
    /// Gradients that are kept from batch to batch, or until their norm is known.
    package var gradientBytes = 0
    /// Buffers, and what is not trained.
    package var constantBytes = 0
    /// Activations, inputs and results of a step, as the planner places them; nil where data decide sizes.
    package var stepBytes: Int?

    package init() {}

    package var bytes: Int {
        parameterBytes + momentBytes + averageBytes + gradientBytes + constantBytes + (stepBytes ?? 0)
    }
}
