import FourMTraining

/// What many draws of masks had.
struct MaskingCounts {
    /// Numbers of one modality, one a draw.
    struct Modality {
        var inputBudget: [Double] = []
        var targetBudget: [Double] = []
        var inputTokens: [Double] = []
        var targetTokens: [Double] = []
    }

    /// Numbers of a text modality, one a draw with a budget.
    struct Text {
        /// Kept tokens / all, of draws with an input budget.
        var kept: [Double] = []
        var inputSentinels: [Double] = []
        /// Of draws with a target budget.
        var targetSentinels: [Double] = []
        var fillsBudget: [Double] = []
    }

    private(set) var modalities: [String: Modality] = [:]
    private(set) var texts: [String: Text] = [:]
    /// Sums over the modalities.
    private(set) var totals = Modality()
    /// Component of each draw.
    private(set) var components: [Int] = []

    private let setup: MaskingSetup

    init(_ setup: MaskingSetup) { self.setup = setup }

    mutating func add(_ result: UnifiedMasking.Result, _ sample: [MaskingSample], _ report: inout CaseReport) {
        components.append(result.component)
        var sums = (0, 0, 0, 0)
        for (index, masked) in result.modalities.enumerated() {
            let target = result.targetBudgets?[index] ?? masked.targetCount
            let numbers = (result.inputBudgets[index], target, masked.inputCount, masked.targetCount)
            modalities[setup.masking.modalities[index].name, default: Modality()].add(numbers)
            sums = (sums.0 + numbers.0, sums.1 + numbers.1, sums.2 + numbers.2, sums.3 + numbers.3)
            checkRules(masked, of: setup.masking.modalities[index], numbers, &report)
            if case .text(let ids) = sample[index] { add(masked, ids, of: setup.masking.modalities[index], numbers, &report) }
        }
        totals.add(sums)
        report.check(sums.0 <= setup.masking.inputTokens.upperBound, "input budgets are \(sums.0) in all")
        report.check(sums.1 <= setup.masking.targetTokens?.upperBound ?? .max, "target budgets are \(sums.1) in all")
    }

    /// Budget of input and target, tokens of input and target.
    typealias Numbers = (inputBudget: Int, targetBudget: Int, inputTokens: Int, targetTokens: Int)

    private func checkRules(_ masked: MaskedModality, of modality: ModalityMasking, _ numbers: Numbers, _ report: inout CaseReport) {
        let name = modality.name
        report.check(numbers.inputTokens <= numbers.inputBudget, "\(name): \(numbers.inputTokens) input tokens for \(numbers.inputBudget)")
        report.check(
            numbers.targetTokens <= numbers.targetBudget, "\(name): \(numbers.targetTokens) target tokens for \(numbers.targetBudget)")
        let areApart = !zip(masked.inputMask, masked.targetMask).contains { !$0 && !$1 }
        report.check(areApart, "\(name): a position is input and target")
        guard modality.kind == .image else { return }
        report.check(
            numbers.inputTokens == numbers.inputBudget && numbers.targetTokens == numbers.targetBudget, "\(name): a budget is not used up")
        let first = masked.targetMask.firstIndex(of: false)
        let attention = masked.decoderAttention.indices.allSatisfy {
            masked.decoderAttention[$0] == ($0 == first ? numbers.targetTokens : 0)
        }
        report.check(attention, "\(name): the decoder's attention is not at the first target")
    }

    private mutating func add(
        _ masked: MaskedModality, _ ids: [Int], of modality: ModalityMasking, _ numbers: Numbers, _ report: inout CaseReport
    ) {
        let buffer = masked.ids ?? []
        let sentinels = setup.vocabulary.sentinels
        let (input, target) = (masked.inputMask.visible.map { buffer[$0] }, masked.targetMask.visible)
        report.check(buffer.count == 2 * (modality.maxTokens + 1), "\(modality.name): \(buffer.count) positions")
        report.check(target.first ?? numbers.inputBudget == numbers.inputBudget, "\(modality.name): the target is not behind the budget")
        let count = Double(min(ids.count + 1, modality.maxTokens))
        var text = texts[modality.name] ?? Text()
        if numbers.inputBudget > 0 {
            let marks = input.count { sentinels.contains($0) }
            text.kept.append(Double(input.count - marks) / count)
            text.inputSentinels.append(Double(marks))
        }
        if numbers.targetBudget > 0 {
            text.targetSentinels.append(Double(target.count { sentinels.contains(buffer[$0]) }))
            text.fillsBudget.append(target.count == numbers.targetBudget ? 1 : 0)
        }
        texts[modality.name] = text
    }
}

extension MaskingCounts.Modality {
    mutating func add(_ numbers: MaskingCounts.Numbers) {
        inputBudget.append(Double(numbers.inputBudget))
        targetBudget.append(Double(numbers.targetBudget))
        inputTokens.append(Double(numbers.inputTokens))
        targetTokens.append(Double(numbers.targetTokens))
    }

    /// By the names of the reference's file.
    var named: [(name: String, values: [Double])] {
        [
            ("input_budget", inputBudget), ("target_budget", targetBudget), ("input_tokens", inputTokens), ("target_tokens", targetTokens),
        ]
    }
}
