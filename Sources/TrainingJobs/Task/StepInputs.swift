import IR

/// One batch, as ``Trainer/step(_:learningRate:weightDecay:without:)`` takes it, and what people are told of it.
package struct StepInputs: Sendable {
    /// Inputs of the function with the loss.
    package var tensors: [String: Tensor]
    /// Keys of parameters that get no gradient from this batch: heads without targets, and what is frozen at this step. They are left alone, by
    /// weight decay too.
    package var without: Set<String> = []
    /// How many tokens or samples the batch has, by ``TrainingTask/unit``; for the pace.
    package var amount: Int
    /// Which samples these are, as the user knows them (`shards/0007.tar(000123)`, `row 512`); told where a step fails.
    package var samples: [String] = []

    package init(_ tensors: [String: Tensor], amount: Int) { (self.tensors, self.amount) = (tensors, amount) }
}
