import IR
import Training

/// What came of a batch, in numbers.
struct BatchResult {
    /// `loss`, `loss.NAME`, and whatever else of the results is one number.
    let values: [String: Double]
    /// nil where no update was due.
    let gradientNorm: Double?
    /// An update was due, and was left out since its gradients were too large.
    let isSkipped: Bool

    /// - Parameter loss: the name of the result that is trained.
    init(_ outcome: StepOutcome, loss: String) {
        var values: [String: Double] = [:]
        for (name, tensor) in outcome.results where tensor.count == 1 && tensor.dtype.isFloat {
            values[name == loss ? "loss" : name] = tensor.doubles.first
        }
        self.values = values
        gradientNorm = outcome.gradientNorm
        isSkipped = outcome.gradientNorm != nil && !outcome.isUpdated
    }

    /// Whether the training can go on from it. Figures beside the loss may be undefined; an update that was skipped does no harm.
    var isFinite: Bool {
        (values["loss"] ?? .nan).isFinite && (isSkipped || gradientNorm?.isFinite ?? true)
    }
}

/// Figures of the batches since the last line of the log: means.
struct LossInterval {
    private var sums: [String: (sum: Double, count: Int)] = [:]
    private var norms: (sum: Double, count: Int) = (0, 0)
    private var skipped = 0

    mutating func add(_ values: [String: Double], _ norm: Double?, skips: Bool) {
        for (name, value) in values {
            let old = sums[name] ?? (0, 0)
            sums[name] = (old.sum + value, old.count + 1)
        }
        if let norm { norms = (norms.sum + norm, norms.count + 1) }
        if skips { skipped += 1 }
    }

    var values: [String: Double] {
        var values = sums.mapValues { $0.sum / Double($0.count) }
        if norms.count > 0 { values["gradient_norm"] = norms.sum / Double(norms.count) }
        if skipped > 0 { values["skipped_updates"] = Double(skipped) }
        return values
    }
}
