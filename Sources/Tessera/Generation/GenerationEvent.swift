import FourM

/// What happens while a pipeline generates, in order; a sample's result comes when all of it is there.
public enum GenerationEvent: Sendable {
    /// What is being done, and how much of the whole is done, 0…1.
    case progress(String, share: Double)
    case step(GenerationStep)
    case result(GenerationResult)
}

/// What one step of the model wrote for one sample.
public struct GenerationStep: Sendable {
    /// Number of the sample, and of its variation, from 0.
    public let sample: Int
    public let variation: Int
    public let target: String
    /// Step of this target from 1 on, of `steps`; a text counts its tokens, of the most that it can take.
    public let step: Int
    public let steps: Int
    /// Places written by this step (image-like targets), and the tokens there; of a text the newest token.
    public let positions: [Int]
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
