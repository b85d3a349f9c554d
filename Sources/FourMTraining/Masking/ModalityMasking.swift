import FourMSettings

/// How one modality is masked: an entry of the reference's `modality_info` with the alphas of its data configuration.
package struct ModalityMasking: Sendable, Equatable {
    package let name: String
    package let kind: ModalityKind
    /// Tokens that it gets at least, as input and as target.
    package var minTokens: Int
    /// Tokens that it has at most.
    package var maxTokens: Int
    /// Shapes of the Dirichlet distributions of the input budgets, one for each component of the mixture; 0 counts as 1e-9.
    package var inputAlphas: [Double]
    /// The same of the target budgets.
    package var targetAlphas: [Double]
    /// Of sequences, for each component; nil: ``KeepScheme/random``.
    package var keep: [KeepScheme]?
    /// Of token sequences: what is added to ids, so that none is a sentinel's.
    package var vocabularyOffset: Int

    package init(
        name: String, kind: ModalityKind, minTokens: Int = 0, maxTokens: Int, inputAlphas: [Double], targetAlphas: [Double],
        keep: [KeepScheme]? = nil, vocabularyOffset: Int = 0
    ) {
        (self.name, self.kind, self.minTokens, self.maxTokens) = (name, kind, minTokens, maxTokens)
        (self.inputAlphas, self.targetAlphas, self.keep, self.vocabularyOffset) = (inputAlphas, targetAlphas, keep, vocabularyOffset)
    }

    func keepScheme(_ component: Int) -> KeepScheme { keep?[component] ?? .random }

    /// - Throws: ``MaskingError/settings(_:)`` where numbers are out of range, or there are not `components` of them.
    func check(components: Int) throws(MaskingError) {
        guard kind != .featureMap else { throw .settings("\(name) is a map of features, which a 4M model does not take; leave it out") }
        guard minTokens >= 0, maxTokens >= minTokens, maxTokens <= ModalityMasking.largestTokens else {
            throw .settings(
                "\(name) has \(minTokens) to \(maxTokens) tokens; give whole numbers from 0 to \(ModalityMasking.largestTokens) in that order"
            )
        }
        for (title, count) in [
            ("input alphas", inputAlphas.count), ("target alphas", targetAlphas.count), ("keep schemes", keep?.count ?? components),
        ]
        where count != components {
            throw .settings("\(name) has \(count) \(title), others have \(components); give one for each component of the mixture")
        }
        if let alpha = (inputAlphas + targetAlphas).first(where: { !($0 >= 0 && $0 < .infinity) }) {
            throw .settings("\(name) has the alpha \(alpha); alphas are numbers from 0 on")
        }
    }

    static let largestTokens = 1 << 24
}

/// What a sample holds of a modality, as masking takes it.
package enum MaskingSample: Sendable, Equatable {
    /// A grid of tokens or patches, which masking does not look at.
    case image
    /// Ids of a text, without end; each is masked for itself.
    case text([Int])
    /// Ids of a text in chunks (a box and its class, say), each masked as a whole; without end.
    case chunks([[Int]])
    /// Tokens that are not text, before ``ModalityMasking/vocabularyOffset`` is added.
    case tokens([Int])
    /// So many vectors.
    case vectors(Int)
}
