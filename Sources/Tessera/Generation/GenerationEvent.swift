import FourM

/// What happens while a pipeline generates, in order; a sample's result comes when all of it is there.
public enum GenerationEvent: Sendable {
    /// What is being done, and how much of the whole is done, 0…1.
    case progress(String, share: Double)
    /// The model wrote tokens of one sample.
    case step(GenerationStep)
    /// All of one sample is there.
    case result(GenerationResult)
}

/// What one step of the model wrote for one sample.
public struct GenerationStep: Sendable {
    /// Number of the sample, from 0.
    public let sample: Int
    /// Number of the sample's variation, from 0.
    public let variation: Int
    /// The modality that is being generated.
    public let target: String
    /// Step of this target, from 1 to ``steps``; a text counts its tokens.
    public let step: Int
    /// Steps that this target takes; of a text the most tokens that it can have.
    public let steps: Int
    /// Places written by this step, of image-like targets row by row from 0.
    public let positions: [Int]
    /// Tokens at ``positions``; of a text the newest token.
    public let tokens: [Int]
    /// How much of the sample's whole generation is done, 0…1.
    public let share: Double
    /// A text so far.
    public let text: String?
    /// Whether the target is complete.
    public let isLast: Bool
    /// What the target looks like so far, where ``GenerationRequest/drawsDrafts`` asks for it and it can be shown.
    public let picture: Picture?

    init(_ event: FourM.GenerationEvent) {
        (sample, variation, target) = (event.sample, event.variation, event.target)
        (step, steps, positions, tokens) = (event.step, event.steps, event.positions, event.tokens)
        (share, text, isLast) = (event.share, event.text, event.isLast)
        picture = event.picture.map { Picture($0) }
    }
}
