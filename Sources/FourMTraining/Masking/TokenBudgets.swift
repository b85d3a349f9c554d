import FourMSettings

/// How many tokens of each modality are input and how many are target: drawn from a mixture of Dirichlet distributions.
///
/// Source: `input_token_budget` and `target_token_budget` of `UnifiedMasking` in `fourm/data/masking.py`.
package struct TokenBudgets: Sendable {
    /// Draws after which budgets below a modality's minimum are taken as they are.
    package static let tries = 100
    /// What alphas below it count as.
    static let smallestAlpha = 1e-9

    let modalities: [ModalityMasking]

    package init(_ modalities: [ModalityMasking]) { self.modalities = modalities }

    /// The input budget of each modality, together `count` or less.
    package func input(_ count: Int, component: Int, _ random: inout some MaskingRandom) throws -> [Int] {
        try draw(count, modalities.map { $0.inputAlphas[component] }, limits: modalities.map(\.maxTokens), &random)
    }

    /// The target budget of each modality, together `count` or less. Of an image, what is input is no target.
    package func target(_ count: Int, input: [Int], component: Int, _ random: inout some MaskingRandom) throws -> [Int] {
        let limits = zip(modalities, input).map { modality, input in
            modality.kind == .image ? max(modality.minTokens, modality.maxTokens - input) : modality.maxTokens
        }
        return try draw(count, modalities.map { $0.targetAlphas[component] }, limits: limits, &random)
    }

    /// Whole tokens of the drawn shares; each of those left over goes to the largest share of a draw of its own.
    private func draw(_ count: Int, _ alphas: [Double], limits: [Int], _ random: inout some MaskingRandom) throws -> [Int] {
        let shapes = alphas.map { max($0, TokenBudgets.smallestAlpha) }
        var budget: [Int] = []
        for _ in 0..<TokenBudgets.tries {
            budget = try random.shares(shapes).map { Int(TokenBudgets.inside($0) * Float(count)) }
            for _ in 0..<max(count - budget.reduce(0, +), 0) {
                let shares = try random.shares(shapes).map(TokenBudgets.inside)
                guard let largest = shares.max(), let place = shares.firstIndex(of: largest) else { break }
                budget[place] += 1
            }
            budget = zip(budget, limits).map { min($0, $1) }
            if zip(budget, modalities).allSatisfy({ $0 >= $1.minTokens }) { break }
        }
        return budget
    }

    /// Shares are above 0 and below 1, as PyTorch gives them; 1 would leave no token for a draw of its own.
    private static func inside(_ share: Float) -> Float {
        share >= .leastNormalMagnitude ? min(share, Float(1).nextDown) : .leastNormalMagnitude
    }
}
