/// Why a checkpoint cannot become a module: file, tensor or configuration key, what was expected and found, what to do.
package enum ImportError: Error, Sendable, Equatable, CustomStringConvertible {
    case missingConfiguration(file: String)
    case badValue(file: String, key: String, value: String, expected: String)
    case missingTensor(file: String, tensor: String, expected: String)
    /// `reason` says what is in its place, and what helps.
    case unreadTensor(file: String, tensor: String, reason: String)
    case wrongShape(file: String, tensor: String, expected: String, found: String)
    case wrongDType(file: String, tensor: String, found: String)
    case unexpectedTensors(file: String, tensors: [String])
    case unknownFamily(file: String)
    /// A tokenizer's half that was asked for and is not in the checkpoint.
    case missingHalf(file: String, half: String)
    /// Half of a model that is no tokenizer.
    case noHalves(file: String, half: String)
    /// `verb` says what the model does with modalities: `takes` or `predicts`.
    case missingModality(file: String, modality: String, verb: String, known: [String])
    /// A model that Tessera recognises but cannot import yet.
    case unsupported(String)

    package var description: String {
        switch self {
        case .missingConfiguration(let file):
            "\(file): no model configuration, neither in the file's metadata nor in a JSON file given with it. "
                + "Put the model's config.json beside the file or name it with --config"
        case .badValue(let file, let key, let value, let expected):
            "\(file): configuration '\(key)' is \(value); it must be \(expected). "
                + "Correct config.json or the file's metadata"
        case .missingTensor(let file, let tensor, let expected):
            "\(file): tensor '\(tensor)' \(expected) is missing. "
                + "The file is incomplete, or its configuration describes another model"
        case .unreadTensor(let file, let tensor, let reason): "\(file): tensor '\(tensor)' is needed, and \(reason)"
        case .wrongShape(let file, let tensor, let expected, let found):
            "\(file): tensor '\(tensor)' has shape \(found), but the configuration asks for \(expected). "
                + "Use the configuration that belongs to this file"
        case .wrongDType(let file, let tensor, let found):
            "\(file): tensor '\(tensor)' holds \(found); weights must be f32, f16, bf16 or f64"
        case .unexpectedTensors(let file, let tensors):
            "\(file): \(tensors.count) tensor\(tensors.count == 1 ? "" : "s") that the configured model does not have: "
                + tensors.prefix(8).joined(separator: ", ") + (tensors.count > 8 ? ", …" : "")
                + ". Use the configuration that belongs to this file (--config)"
        case .unknownFamily(let file):
            "\(file): neither a 4M transformer (encoder_embeddings.*) nor a 4M tokenizer (quantize.*) was recognised. "
                + "Give a checkpoint of such a model; --state-key KEY names the place of one in a file of several"
        case .missingHalf(let file, let half):
            "\(file): the \(half) was asked for, but the checkpoint holds only the other half of a tokenizer"
        case .noHalves(let file, let half):
            "\(file): a 4M model has no \(half) that could be read alone; halves are those of tokenizers"
        case .missingModality(let file, let modality, let verb, let known):
            "\(file): this model \(verb) no '\(modality)'; "
                + (known.isEmpty ? "it \(verb) nothing" : "it \(verb): \(known.joined(separator: ", "))")
        case .unsupported(let what): what
        }
    }
}
