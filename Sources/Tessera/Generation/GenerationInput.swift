import FourM
import FourMCodecs

/// What is given of a modality, for one sample.
public enum GenerationInput: Sendable, Equatable {
    /// A picture (PNG, JPEG), an array (`.npy`), or a text or JSON document, by what the modality is.
    case file(String)
    /// A text, or the JSON of a structure such as boxes.
    case text(String)
    /// A picture in memory.
    case picture(Picture)
    /// Of pixels f32 [3, height, width], scaled as the model takes them; of image-like modalities what a `.npy` file may hold: tokens, or
    /// what the tokenizer takes; of a text its token ids.
    case tensor(Tensor)

    var inner: InputValue {
        switch self {
        case .file(let path): .file(path)
        case .text(let text): .text(text)
        case .picture(let picture): .picture(picture.inner)
        case .tensor(let tensor): .tensor(tensor.inner)
        }
    }
}

/// A modality that guides a generation towards its value, or away from it with a negative weight.
public struct WeightedCondition: Sendable, Equatable {
    /// Name of the modality.
    public var modality: String
    /// A value for each sample, or one for all.
    public var values: [GenerationInput]
    /// Its scale of guidance; a negative one leads away from it.
    public var weight: Double

    /// A condition with a value for each sample, or one for all.
    public init(_ modality: String, _ values: GenerationInput..., weight: Double = 1) {
        (self.modality, self.values, self.weight) = (modality, values, weight)
    }
}
