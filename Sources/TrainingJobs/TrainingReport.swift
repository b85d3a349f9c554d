/// What came of a training.
package struct TrainingReport: Encodable, Sendable {
    package let kind, output: String
    /// Batches done, those of earlier runs included, and batches of the whole.
    package let step, steps: Int
    /// Whether it was stopped before its end.
    package let isStopped: Bool
    /// Tokens or samples, as `unit` says.
    package let amount: Int
    package let unit: String
    /// Mean of the last entry of the log; nil where no batch was done.
    package let loss: Double?
    /// Of the last evaluation.
    package let evaluation: [String: Double]
    /// The lowest loss of an evaluation, and after how many batches.
    package let bestLoss: Double?
    package let bestStep: Int?
    /// Of this run.
    package let seconds: Double
    /// The newest checkpoint, and the model at the end.
    package let checkpoint, model: String?
}
