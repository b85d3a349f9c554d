import Formats
import FourMSettings

extension TokenizerRunSettings {
    /// What a run must have in common with the one that it goes on with, by name.
    /// - Parameter samples: that there are.
    func identity(_ config: ConfigDictionary, samples: Int, _ length: TokenizerSchedule, ranks: Int) -> [String: String] {
        [
            "model": ConfigValue.dict(config).description, "start": fullCheckpoint ?? encoderCheckpoint ?? "",
            "data": "\(dataPath) \(samples)", "seed": "\(seed)", "sizes": "\(sizes)",
            "samples of an update": "\(batch * accumulation * ranks)", "accumulation": "\(accumulation)",
            "steps": "\(length.values.count)", "learning rate": "\(length.learningRate) to \(smallestRate)",
            "weight decay": "\(weightDecay)",
            "optimizer": "\(trainer.algorithm)", "clipping": "\(clipNorm ?? 0) \(skipNorm ?? 0)",
            "average": "\(averageDecay ?? 0) \(averageInterval)", "loss": "\(lossName) \(codebookWeight)",
            "frozen encoder": "\(isEncoderFrozen)",
        ]
    }
}
