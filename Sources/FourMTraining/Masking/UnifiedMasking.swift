import FourMSampling
import FourMText
import IR

/// The masking of 4M's pre-training: a random part of each modality is input, another is target.
///
/// Source: `UnifiedMasking` in `fourm/data/masking.py`.
package struct UnifiedMasking: Sendable {
    package let modalities: [ModalityMasking]
    /// Input tokens of a sample, both ends included.
    package let inputTokens: ClosedRange<Int>
    /// Target tokens of a sample; nil: all that is not input.
    package let targetTokens: ClosedRange<Int>?
    /// How often each component of the mixture is taken, in any unit; nil: all alike.
    package let weights: [Double]?

    private let budgets: TokenBudgets
    private let masker: ModalityMasker

    /// - Throws: ``MaskingError/settings(_:)``.
    package init(
        _ modalities: [ModalityMasking], inputTokens: ClosedRange<Int>, targetTokens: ClosedRange<Int>?, weights: [Double]? = nil,
        vocabulary: TextMaskingVocabulary
    ) throws(MaskingError) {
        let components = modalities.first?.inputAlphas.count ?? 0
        guard components > 0 else { throw .settings("there is no modality with alphas; give one or more") }
        for modality in modalities { try modality.check(components: components) }
        guard inputTokens.lowerBound >= 0, targetTokens?.lowerBound ?? 0 >= 0 else {
            throw .settings("numbers of input and target tokens cannot be negative")
        }
        if let weights {
            guard weights.count == components else {
                throw .settings(
                    "there are \(weights.count) sampling weights for \(components) components of the mixture; give one for each")
            }
            guard weights.allSatisfy({ $0 >= 0 && $0 < .infinity }), weights.contains(where: { $0 > 0 }) else {
                throw .settings("sampling weights are numbers from 0 on, not all 0")
            }
        }
        (self.modalities, self.inputTokens, self.targetTokens, self.weights) = (modalities, inputTokens, targetTokens, weights)
        budgets = TokenBudgets(modalities)
        masker = ModalityMasker(vocabulary)
    }

    /// A sample's masks with its budgets.
    package struct Result: Sendable {
        /// Which component of the mixture was taken.
        package let component: Int
        /// By modality.
        package let inputBudgets: [Int]
        /// By modality; nil: all that is not input.
        package let targetBudgets: [Int]?
        /// By modality.
        package let modalities: [MaskedModality]
    }

    /// Masks one sample.
    /// - Parameters:
    ///   - sample: in the order of ``modalities``.
    ///   - stream: of this sample: the same gives the same masks, whatever else is masked.
    /// - Throws: ``MaskingError``.
    package func mask(_ sample: [MaskingSample], _ stream: CounterRandom) throws -> Result {
        guard sample.count == modalities.count else {
            throw MaskingError.settings("a sample has \(sample.count) modalities; \(modalities.count) are masked")
        }
        var random = CounterMaskingRandom(stream.substream("budgets"))
        let component = component(&random)
        let inputCount = pick(inputTokens, &random)
        let targetCount = targetTokens.map { pick($0, &random) }
        let input = try budgets.input(inputCount, component: component, &random)
        let target = try targetCount.map { try budgets.target($0, input: input, component: component, &random) }
        let masked = try modalities.indices.map { index in
            var own = CounterMaskingRandom(stream.substream(modalities[index].name))
            return try masker.mask(
                sample[index], of: modalities[index], keep: modalities[index].keepScheme(component), inputBudget: input[index],
                targetBudget: target?[index], &own)
        }
        return Result(component: component, inputBudgets: input, targetBudgets: target, modalities: masked)
    }

    private func pick(_ range: ClosedRange<Int>, _ random: inout CounterMaskingRandom) -> Int {
        range.lowerBound + random.index(below: range.count)
    }

    private func component(_ random: inout CounterMaskingRandom) -> Int {
        guard let weights else { return random.index(below: modalities[0].inputAlphas.count) }
        var rest = random.keepProbability() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() where weight > 0 {
            if rest < weight { return index }
            rest -= weight
        }
        // Rounding may leave a little.
        return weights.lastIndex { $0 > 0 } ?? 0
    }
}
