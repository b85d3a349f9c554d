import IR

/// What came of one batch.
package struct StepOutcome: Sendable {
    /// Results of the function: `loss`, `loss.NAME`, and what else it gives but buffers.
    package let results: [String: Tensor]
    /// Of all gradients of the update, before clipping; nil where the batch ends none.
    package let gradientNorm: Double?
    /// Whether parameters were updated: not while gradients are accumulated, and not if the update was skipped.
    package let isUpdated: Bool

    package init(results: [String: Tensor], gradientNorm: Double?, isUpdated: Bool) {
        (self.results, self.gradientNorm, self.isUpdated) = (results, gradientNorm, isUpdated)
    }
}
