import IR

/// Generates modalities step by step: MaskGIT, random order autoregression and autoregression, chained, with guidance.
///
/// Reference: `fourm/models/generate.py`; 4M paper section 2.3 and appendix (arXiv 2312.06647), 4M-21 (arXiv 2406.09406).
/// Randomness is counter-based: a draw depends on seed, sample, target, step and place alone (Docs/generation.md).
public final class Sampler {
    public let model: FourMModel
    public var options: Options
    /// Called after each step with its index and the state it led to. What it throws ends the generation.
    public var onStep: ((Progress) throws -> Void)?
    /// Called after each token of a text with all rows so far.
    public var onToken: ((TextProgress) throws -> Void)?
    /// Called after each pass of ``generatePasses(_:schedule:target:passes:batchSize:end:)``, those of one row in their order.
    public var onPass: ((PassProgress) throws -> Void)?

    /// What holds for a whole generation.
    public struct Options: Sendable {
        public var topK: TopK = .off
        public var topP: Double = 0
        public var seed: UInt64 = 0
        /// Number of the batch's first row among all samples, so that a sample's draws do not depend on how samples are batched.
        public var rowOffset = 0
        /// Which sample each row is; rows beyond this list are samples from `rowOffset` on.
        public var rows: [SampleKey] = []
        /// First sentinel `[S_1]` of the text tokenizer; the second is the next id.
        public var firstSentinel = 5
        /// All sentinels, for merging spans.
        public var sentinels = Sentinels(idOfNumber: [1: 5, 2: 6])
        public var paddingID = 0
        /// Keeps what a row produced after its end token while other rows went on, as the reference does.
        public var keepsTokensAfterEnd = false
        /// Gives the positions to decode, a list for each row, instead of choosing them; for replays of recorded runs.
        public var replayedPositions: (@Sendable (_ step: Int) -> [[Int]]?)?

        public init() {}
    }

    /// One finished step.
    public struct Progress {
        public let step: Int
        public let total: Int
        public let target: String
        /// Positions written, by row (dense targets).
        public let positions: [[Int]]
        /// Tokens written there, or whole raw sequences including the start token (autoregression).
        public let tokens: [[Int]]
        /// Everything that the step predicted of a dense target, by row: with MaskGIT also what it left open.
        public let predicted: [[Int: Int]]
        /// Guided logits [batch, n, vocabulary] of dense targets; nil where rows have different numbers of open positions.
        public let logits: Tensor?
        public let set: ModalitySet
    }

    /// A text on its way.
    public struct TextProgress {
        public let step: Int
        public let total: Int
        public let target: String
        /// Raw sequences so far, each from its start token on.
        public let tokens: [[Int]]
        /// Which sample, variation and pass each row is.
        public let keys: [SampleKey]
        /// Most tokens a sequence can get, by row.
        public let limits: [Int]
        /// Rows that have ended.
        public let isDone: [Bool]
        /// The target as it was prepared: its prompt and masks.
        public let prepared: ModalityBatch

        /// How much of the longest sequence that could come is done, 0…1.
        public var share: Double { min(Double((tokens.map(\.count).max() ?? 1) - 1) / Double(max(limits.max() ?? 1, 1)), 1) }
    }

    /// A finished pass of one row.
    public struct PassProgress {
        public let target: String
        /// Sample, variation and number of the pass.
        public let key: SampleKey
        public let passes: Int
        /// Tokens of this pass without its end.
        public let tokens: [Int]
        /// Tokens of all passes of this row so far, this one last.
        public let joined: [Int]
    }

    public init(_ model: FourMModel, options: Options = Options()) {
        self.model = model
        self.options = options
    }

    /// Runs all steps of `schedule` and gives the set with its targets filled in.
    /// - Throws: ``FourMError`` for targets that are not in the set, `CancellationError`, and runtime errors.
    public func generate(_ set: ModalitySet, schedule: ChainedSchedule) throws -> ModalitySet {
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
public struct Branches {
    public var base: ModalitySet
    public var conditions: [(set: ModalitySet, weight: Double)]

    public init(base: ModalitySet, conditions: [(set: ModalitySet, weight: Double)]) {
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
    public var sets: [ModalitySet] { conditions.map(\.set) + [base] }

    /// Logits of the branches in the order of ``sets``, combined.
    public func combine(_ logits: [Tensor]) -> Tensor {
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
