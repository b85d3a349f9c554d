import Files
import Formats
import FourMData
import FourMModels
import IR
import Passes
import Runtime
import Training

extension FMTask {
    /// Losses of the evaluation sets: `SET/loss`, `SET/loss.MODALITY`, with `SET.fixed` for those with fixed numbers of tokens; `loss` is the mean
    /// of the sets that are masked as the training is. As in the reference, a figure is the mean of its batches.
    package func evaluate(_ trainer: Trainer) throws -> [String: Double] {
        guard !evaluation.isEmpty else { return [:] }
        let module = try trainer.module().keeping(functions: [LossFunction.name])
        let session = Session(try Plan(PassManager.run(module, .clean).module), threads: threads)
        var (figures, losses) = ([String: Double](), [Double]())
        for set in evaluation {
            let own = try evaluate(set, session)
            let name = set.isFixed ? "\(set.name).fixed" : set.name
            for (key, value) in own { figures["\(name)/\(key)"] = value }
            if !set.isFixed, let loss = own["loss"] { losses.append(loss) }
        }
        if !losses.isEmpty { figures["loss"] = losses.reduce(0, +) / Double(losses.count) }
        return figures
    }

    private func evaluate(_ set: EvaluationData, _ session: Session) throws -> [String: Double] {
        var (sums, count) = ([String: Double](), 0)
        for index in 0..<set.batches {
            guard let batch = try set.batch(index) else { continue }
            let tensors = try tensors(batch, inputTokens: set.inputTokens, targetTokens: set.targetTokens)
            for (key, value) in try session.run(LossFunction.name, tensors) { sums[key, default: 0] += value.doubles.first ?? .nan }
            count += 1
        }
        return sums.mapValues { $0 / Double(max(count, 1)) }
    }

    /// `model.safetensors` and `config.json` as ml-4m's `FM` loads them; of adapters, `adapters.safetensors`, and the model only if more of it was
    /// trained.
    package func writeModel(_ trainer: Trainer, to folder: String) throws {
        var file = FMModelFile(module: try trainer.module(), config: config)
        if let adapters {
            file.left = Set(adapters.parameters)
            try SafeTensorsWriter.write(
                adapters.parameters.compactMap { file.module.constants[$0] },
                metadata: ["lora_rank": "\(adapters.rank)", "lora_scale": "\(adapters.scale)"],
                to: FilePath.join(folder, "adapters.safetensors"))
            if trainer.function.parameters.allSatisfy(file.left.contains) { return }
        }
        try file.write(to: folder)
    }
}
