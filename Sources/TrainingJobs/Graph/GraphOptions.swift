import Training

/// What a training of any graph is told.
package struct GraphOptions: Sendable {
    /// ONNX model or text of the IR.
    package var model: String
    /// nil: the only one.
    package var function: String?
    package var loss: LossFormula
    /// Files or folders of arrays by name; their first dimension counts samples.
    package var data: String
    package var evaluationData: String?
    /// Keys of constants; `*` stands for anything. Empty: all weights that the loss depends on.
    package var parameters: [String] = []
    package var optimizer: OptimizerAlgorithm = .adamW()
    package var learningRate = 1e-3
    /// Where a cosine ends.
    package var smallestLearningRate = 0.0
    package var decays = Decays.constant
    /// Batches in which the learning rate rises from 0.
    package var warmup = 0
    /// Of what has two dimensions and more; biases and scales have none.
    package var weightDecay = 0.01
    package var length = Length.epochs(1)
    /// Samples of a batch, in one process.
    package var batch = 32
    /// Batches of an update.
    package var accumulation = 1
    package var clipNorm: Double?
    /// Of a moving average of the weights, which is written too, and evaluated.
    package var averageDecay: Double?
    package var seed: UInt64 = 0
    package var rank = 0
    package var ranks = 1

    package enum Length: Sendable, Equatable {
        case steps(Int)
        case epochs(Int)
    }

    /// How the learning rate goes on after the warm-up.
    package enum Decays: String, Sendable, CaseIterable {
        case constant, cosine
    }

    package init(model: String, loss: LossFormula, data: String) { (self.model, self.loss, self.data) = (model, loss, data) }

    var settings: TrainerSettings {
        TrainerSettings(algorithm: optimizer, accumulation: accumulation, clipNorm: clipNorm, averageDecay: averageDecay)
    }

    /// Learning rates and weight decays of `steps` batches.
    /// - Throws: `TrainingScheduleError` for a warm-up that is longer.
    func schedule(_ steps: Int) throws(TrainingScheduleError) -> BatchSchedule {
        let length = TrainingSchedule.Length(epochs: 1, stepsPerEpoch: steps)
        let span = TrainingSchedule.Span(steps: warmup > 0 ? warmup : -1)
        let rates: TrainingSchedule =
            switch decays {
            case .cosine: try .cosine(base: learningRate, end: smallestLearningRate, length, warmup: span)
            case .constant: try .inverseSquareRoot(base: learningRate, end: learningRate, length, warmup: span)
            }
        return try BatchSchedule(rates, .constant(weightDecay, length))
    }

    /// - Parameter steps: of the run; they belong to it where the learning rate depends on them.
    func identity(_ data: RowData, _ parameters: [String], steps: Int) -> [String: String] {
        var identity = [
            "loss": loss.description, "samples": "\(data.count)", "parameters": "\(parameters.count)", "optimizer": "\(optimizer)",
            "learning rate": "\(learningRate)", "schedule": decays.rawValue, "warm-up": "\(warmup)", "weight decay": "\(weightDecay)",
            "samples of an update": "\(batch * accumulation * ranks)", "accumulation": "\(accumulation)",
            "clipping": clipNorm.map { "\($0)" } ?? "none", "moving average": averageDecay.map { "\($0)" } ?? "none", "seed": "\(seed)",
        ]
        if decays == .cosine { identity["steps"] = "\(steps)" }
        return identity
    }
}
