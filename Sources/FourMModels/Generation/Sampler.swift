import FourMSampling
import FourMSettings
import FourMText
import IR

/// Generates modalities step by step: MaskGIT, random order autoregression and autoregression, chained, with guidance.
///
/// Reference: `fourm/models/generate.py`; 4M paper section 2.3 and appendix (arXiv 2312.06647), 4M-21 (arXiv 2406.09406).
/// Randomness is counter-based: a draw depends on seed, sample, target, step and place alone (Docs/generation.md).
package final class Sampler {
    package let model: FourMModel
    package var options: Options
    /// Called after each step with its index and the state it led to. What it throws ends the generation.
    package var onStep: ((Progress) throws -> Void)?
    /// Called after each token of a text with all rows so far.
    package var onToken: ((TextProgress) throws -> Void)?
    /// Called after each pass of ``generatePasses(_:schedule:target:passes:batchSize:end:)``, those of one row in their order.
    package var onPass: ((PassProgress) throws -> Void)?

    /// What holds for a whole generation.
    package struct Options: Sendable {
        package var topK: TopKLimit = .off
        package var topP: Double = 0
        package var seed: UInt64 = 0
        /// Number of the batch's first row among all samples, so that a sample's draws do not depend on how samples are batched.
        package var rowOffset = 0
        /// Which sample each row is; rows beyond this list are samples from `rowOffset` on.
        package var rows: [SampleKey] = []
        /// First sentinel `[S_1]` of the text tokenizer; the second is the next id.
        package var firstSentinel = 5
        /// All sentinels, for merging spans.
        package var sentinels = Sentinels(idOfNumber: [1: 5, 2: 6])
        package var paddingID = 0
        /// `[EOS]`. Where it was drawn for a gap, what is known behind the gap stays; nil cuts there, as the reference does.
        package var endID: Int?
        /// Keeps what a row produced after its end token while other rows went on, as the reference does.
        package var keepsTokensAfterEnd = false
        /// Gives the positions to decode, a list for each row, instead of choosing them; for replays of recorded runs.
        package var replayedPositions: (@Sendable (_ step: Int) -> [[Int]]?)?

        package init() {}
    }

    /// One finished step.
    package struct Progress {
        package let step: Int
        package let total: Int
        package let target: String
        /// Positions written, by row (dense targets).
        package let positions: [[Int]]
        /// Tokens written there, or whole raw sequences including the start token (autoregression).
        package let tokens: [[Int]]
        /// Everything that the step predicted of a dense target, by row: with MaskGIT also what it left open.
        package let predicted: [[Int: Int]]
        /// Guided logits [batch, n, vocabulary] of dense targets; nil where rows have different numbers of open positions.
        package let logits: Tensor?
        package let set: ModalitySet
    }

    /// A text on its way.
    package struct TextProgress {
        package let step: Int
        package let total: Int
        package let target: String
        /// Raw sequences so far, each from its start token on.
        package let tokens: [[Int]]
        /// Which sample, variation and pass each row is.
        package let keys: [SampleKey]
        /// Most tokens a sequence can get, by row.
        package let limits: [Int]
        /// Rows that have ended.
        package let isDone: [Bool]
        /// The target as it was prepared: its prompt and masks.
        package let prepared: ModalityBatch

        /// How much of the longest sequence that could come is done, 0…1.
        package var share: Double { min(Double((tokens.map(\.count).max() ?? 1) - 1) / Double(max(limits.max() ?? 1, 1)), 1) }
    }

    /// A finished pass of one row.
    package struct PassProgress {
        package let target: String
        /// Sample, variation and number of the pass.
        package let key: SampleKey
        package let passes: Int
        /// Tokens of this pass without its end.
        package let tokens: [Int]
        /// Tokens of all passes of this row so far, this one last.
        package let joined: [Int]
    }

    package init(_ model: FourMModel, options: Options = Options()) {
        self.model = model
        self.options = options
    }

    /// Runs all steps of `schedule` and gives the set with its targets filled in.
    /// - Throws: ``FourMError`` for targets that are not in the set, `CancellationError`, and runtime errors.
    package func generate(_ set: ModalitySet, schedule: ChainedSchedule) throws -> ModalitySet {
        var set = set
        for (index, step) in schedule.steps.enumerated() {
            try check(step, set)
            let branches = Branches(guided: set, step: step, firstSentinel: options.firstSentinel, model)
            if step.scheme == .autoregressive {
                try autoregress(step, index, schedule.steps.count, branches, &set)
            } else {
                _ = try decodeDense(index, schedule, branches, &set)
            }
        }
        return set
    }

    func check(_ step: GenerationStep, _ set: ModalitySet) throws {
        let info = try model.modality(step.target)
        guard info.isOutput else { throw FourMError("modality '\(step.target)' is an input of this model only") }
        guard set[step.target] != nil else { throw FourMError("target '\(step.target)' was not prepared in the modality set") }
        guard info.isSequence == (step.scheme == .autoregressive) else {
            throw FourMError("'\(step.target)' cannot be decoded by the scheme '\(step.scheme.rawValue)'")
        }
    }
}

/// Forward passes whose logits are combined: `base + Σ weight (branch - base)`.
package struct Branches {
    package var base: ModalitySet
    package var conditions: [(set: ModalitySet, weight: Double)]

    package init(base: ModalitySet, conditions: [(set: ModalitySet, weight: Double)]) {
        self.base = base
        self.conditions = conditions
    }

    /// Classifier-free guidance: the base is the set with its conditions emptied, apart from the target itself, which may be partly
    /// given. Without guidance, the set alone.
    init(guided set: ModalitySet, step: GenerationStep, firstSentinel: Int, _ model: FourMModel) {
        let scale = step.cfgScale.values.first ?? 1
        let emptying = step.cfgConditionDomains.filter { $0 != step.target }
        guard step.cfgScale.isActive, !emptying.isEmpty else {
            self.init(base: set, conditions: [])
            return
        }
        let emptied = set.emptied(emptying, firstSentinel: firstSentinel, model)
        self.init(base: emptied, conditions: [(set, scale)])
    }

    /// The conditions in order, then the base.
    package var sets: [ModalitySet] { conditions.map(\.set) + [base] }

    /// Logits of the branches in the order of ``sets``, combined.
    package func combine(_ logits: [Tensor]) -> Tensor {
        guard let base = logits.last else { return Tensor([], [0]) }
        if conditions.isEmpty { return base }
        let uncond = base.floats
        var sum = uncond
        for (condition, tensor) in zip(conditions, logits) {
            let weight = Float(condition.weight)
            tensor.bytes.buffer.withMemoryRebound(to: Float.self) { values in
                for index in sum.indices { sum[index] += weight * (values[index] - uncond[index]) }
            }
        }
        return Tensor(sum, base.shape)
    }
}
