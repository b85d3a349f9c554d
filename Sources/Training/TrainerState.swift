import IR

/// All that a training needs to go on with the same bits.
///
/// Tensors are named `parameter.KEY`, `exp_avg.KEY` and `exp_avg_sq.KEY` (AdamW) or `momentum_buffer.KEY` (SGD), `average.KEY`, `buffer.KEY`,
/// and, in the middle of an update, `gradient.KEY` and `rates`; integers `step.KEY` (updates of a parameter so far), `batches`, `updates`, `pending` and, in the
/// middle of an update, `has_gradient.KEY`.
package struct TrainerState: Sendable, Equatable {
    package var tensors: [String: Tensor]
    package var integers: [String: Int]

    package init(tensors: [String: Tensor] = [:], integers: [String: Int] = [:]) { (self.tensors, self.integers) = (tensors, integers) }
}
