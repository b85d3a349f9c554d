import FourM
import FourMModels
import FourMSampling
import FourMSettings
import IR
import Importers
import Media

/// How inputs become vectors that can be compared.
package enum EmbeddingMethod: Hashable, Sendable {
    /// The mean of the encoder's output over all tokens. Vectors of one modality are comparable with each other.
    case features
    /// The vector that predicted tokens of a global feature modality (`tok_imagebind_global`, …) stand for. Vectors of all
    /// modalities are comparable, since the model predicts the same feature from each.
    case global(target: String)

    package var target: String? { if case .global(let target) = self { target } else { nil } }
}

/// Settings of the predicted tokens; the defaults are those of the reference's notebook `retrieval_4M-21.ipynb`.
package struct EmbeddingSampling: Codable, Hashable, Sendable {
    package var temperature = 0.1
    package var topP = 0.8
    package var seed: UInt64 = 0

    package init() {}
}

/// Turns photos, texts and other inputs into vectors.
package final class Embedder {
    package let bundle: LoadedBundle
    package let method: EmbeddingMethod
    package let model: FourMModel
    package var sampling = EmbeddingSampling()
    /// Ignores EXIF orientation, as the reference does.
    package var ignoresOrientation = false
    private let tokenizer: TokenizerModel?

    /// What was read of a batch of inputs.
    package struct Given {
        package var set = ModalitySet()
        /// Pictures and texts of the first sample, for people.
        package var pictures: [(modality: String, picture: ByteImage)] = []
        package var texts: [GivenText] = []
    }

    /// Loads what `method` needs of the bundle for inputs of the modalities `inputs`, and nothing else.
    /// - Throws: `ImportError` or ``BundleError`` naming modalities or tokenizers that there are not.
    package init(_ bundle: LoadedBundle, _ method: EmbeddingMethod, inputs: Set<String>) throws {
        self.bundle = bundle
        self.method = method
        if let target = method.target {
            guard !inputs.contains(target) else { throw FourMError("'\(target)' is what is predicted; give another modality", .request) }
            tokenizer = try bundle.tokenizer(target, part: .decoder)
            model = try bundle.model(ImportScope(inputs: inputs, outputs: [target]))
            guard try model.modality(target).isGlobal else {
                throw FourMError("'\(target)' is no global feature; those are tok_dinov2_global and tok_imagebind_global", .request)
            }
        } else {
            tokenizer = nil
            model = try bundle.model(.encoder(inputs))
        }
    }

    /// Reads one value for each sample of each modality.
    /// - Throws: ``FourMError``, `MediaError` or `CheckpointError` naming the file.
    package func read(_ inputs: [(modality: String, values: [String])]) throws -> Given {
        let reader = InputReader(bundle: bundle, model: model, ignoresOrientation: ignoresOrientation)
        var given = Given()
        for input in inputs {
            let read = try reader.read(input.modality, input.values.map { .given($0) })
            given.set[input.modality] = read.batch
            if let picture = read.pictures.first { given.pictures.append((input.modality, picture)) }
            if let text = read.texts.first { given.texts.append(GivenText(input.modality, text, in: bundle)) }
        }
        return given
    }

    /// f32 [batch, dim]. A sample's vector does not depend on the others of its batch.
    package func embed(_ set: ModalitySet) throws -> Tensor {
        guard let target = method.target, let tokenizer else { return try model.features(set).mean() }
        return try tokenizer.vectors(try predict(target, from: set))
    }

    /// The target's tokens, all drawn in one step without guidance: ROAR with one step in the reference.
    ///
    /// Every sample draws with the same numbers, so that a file's vector depends neither on its place nor on its batch.
    private func predict(_ target: String, from given: ModalitySet) throws -> [[Int]] {
        let info = try model.modality(target)
        let state = try model.encode(given)
        let positions = [[Int]](repeating: Array(0..<info.maxTokens), count: given.batch)
        let logits = try model.logits(target, positions: positions, state)
        let vocabulary = logits.shape[2]
        var sampler = RowSampler(filter: try SamplingFilter(temperature: sampling.temperature, topP: sampling.topP))
        let random = CounterRandom(seed: sampling.seed).substream(target)
        return try logits.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            try positions.enumerated().map { row, places in
                try places.map { place in
                    let start = (row * places.count + place) * vocabulary
                    let scores = UnsafeBufferPointer(rebasing: values[start..<start + vocabulary])
                    return Int(try sampler.sample(scores, uniform: random.uniform(at: UInt64(place))).token)
                }
            }
        }
    }
}
