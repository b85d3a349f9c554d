import FourMData
import FourMModels
import IR
import Passes
import Runtime
import Training

extension VQVAETask {
    /// Samples that an evaluation sees at once.
    private var evaluationBatch: Int { max(run.evaluationBatch ?? run.batch, 1) }

    /// Losses of the evaluation set, of pictures at the smallest and the largest side and those that `input_size_eval` names: `SIDE/loss.reconstruction`,
    /// … and the share of codes in use; `loss` is the mean over the sides. With moving averages of the weights, theirs.
    package func evaluate(_ trainer: Trainer) throws -> [String: Double] {
        guard let evaluation, evaluation.count > 0 else { return [:] }
        let session = try session(trainer)
        let count = min(evaluation.count, run.evaluationSamples ?? .max)
        var (figures, losses) = ([String: Double](), [Double]())
        for side in evaluationSides {
            let own = try self.figures(session, evaluation, count, side)
            for (key, value) in own { figures[side.map { "\($0)/\(key)" } ?? key] = value }
            losses.append(own["loss"] ?? .nan)
        }
        figures["loss"] = losses.reduce(0, +) / Double(max(losses.count, 1))
        return figures
    }

    /// nil for what is no picture.
    private var evaluationSides: [Int?] {
        guard let sizes else { return [nil] }
        let wanted = run.evaluationSizes.filter { $0 % run.patchSize == 0 && $0 <= run.largestSize }
        return Set(wanted + [sizes.sides.first, sizes.sides.last].compactMap(\.self)).sorted()
    }

    /// The function of the loss, of a codebook that stays as it is.
    private func session(_ trainer: Trainer) throws -> Session {
        var still = loss
        (still.isEncoderFrozen, still.showsValues) = (true, true)
        let weights = try trainer.module(averaged: run.averageDecay != nil).constants
        var module = tokenizer.module
        for key in module.constants.keys { if let constant = weights[key] { module.setConstant(constant) } }
        let made = try still.added(to: module, tokenizer.quantizer).keeping(functions: [VQVAELoss.function])
        return Session(try Plan(PassManager.run(made, .clean).module), threads: threads)
    }

    private func figures(
        _ session: Session, _ data: TokenizerBatches, _ count: Int, _ side: Int?
    ) throws -> [String: Double] {
        var (sums, used) = ([String: Double](), Set<Int>())
        for first in stride(from: 0, to: count, by: evaluationBatch) {
            let numbers = first..<min(first + evaluationBatch, count)
            let results = try session.run(VQVAELoss.function, inputs(data.plain(numbers), side))
            for (key, value) in results where key == "loss" || key == "loss.reconstruction" || key == "loss.perceptual" {
                sums[key, default: 0] += (value.doubles.first ?? .nan) * Double(numbers.count)
            }
            used.formUnion(results["tokens"]?.integers ?? [])
        }
        var figures = sums.mapValues { $0 / Double(count) }
        figures["codebook_usage"] = Double(used.count) / Double(tokenizer.quantizer.size)
        return figures
    }

    private func inputs(_ batch: InputBatch, _ side: Int?) throws -> [String: Tensor] {
        guard let sizes, let side else { return [tokenizer.inputName: batch.input] }
        return [tokenizer.inputName: try sizes.resized(batch.input, to: side, threads: threads)]
    }

    /// Pictures of the evaluation set beside what is made of their tokens, `0000.png`, ….
    package func writeSamples(_ trainer: Trainer, to folder: String) throws {
        guard domain.isPicture, let evaluation, run.shownSamples > 0 else { return }
        let (session, side) = (try session(trainer), sizes?.sides.last)
        for number in 0..<min(run.shownSamples, evaluation.count, PicturePair.most) {
            let inputs = try inputs(evaluation.plain(number..<number + 1), side)
            guard let input = inputs[tokenizer.inputName], let decoded = try session.run(VQVAELoss.function, inputs)["decoded"] else {
                continue
            }
            let pair = try PicturePair.joined(shown(input, decoded), decoded, modality: domain.modality)
            try pair?.writePNG(to: PicturePair.path(number, in: folder))
        }
    }

    /// Class ids as scores, so that both sides are drawn alike.
    private func shown(_ input: Tensor, _ decoded: Tensor) -> Tensor {
        guard let labels = domain.labels else { return input }
        let ids = input.integers
        var scores = [Float](repeating: 0, count: labels * ids.count)
        for (place, id) in ids.enumerated() where (0..<labels).contains(id) { scores[id * ids.count + place] = 1 }
        return Tensor(scores, decoded.shape)
    }

    /// `model.safetensors` and `config.json` as ml-4m's `VQVAE` loads them; with moving averages those too, in `average/`.
    package func writeModel(_ trainer: Trainer, to folder: String) throws {
        try TokenizerFiles(config: config, tensors: start.tensors).write(trainer, averages: run.averageDecay != nil, to: folder)
    }
}
