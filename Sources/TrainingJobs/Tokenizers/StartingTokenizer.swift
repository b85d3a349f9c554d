import Formats
import FourMModels
import FourMPresets
import IR
import Inspect

/// The tokenizer that a training begins with: new, or with what fits of a checkpoint (`init_from_ckpt` of fourm/vq/vqvae.py).
struct StartingTokenizer {
    let tokenizer: TrainedTokenizer
    /// All tensors that its checkpoint holds.
    let tensors: [String: Constant]
    let notes: [String]

    /// Which tensors of a checkpoint are not taken, by the start of their names.
    private static let (ofEncoder, ofWhole) = (
        ["decoder.", "loss", "post_quant_conv", "post_quant_proj", "encoder.pos_emb"], ["encoder.pos_emb", "decoder.pos_emb", "loss"]
    )

    /// - Parameters:
    ///   - encoder, whole: a checkpoint whose encoder and quantizer are taken, or whose decoder is taken as well, which wins.
    /// - Throws: `WorkError` for a tensor of another shape; `ImportError`, `CheckpointError` naming file, key or tensor.
    init(_ config: ConfigDictionary, name: String, encoder: String?, whole: String?, seed: UInt64) throws {
        let own = Config(.dict(config), file: name)
        let new = try NewTokenizer.checkpoint(own, name: name, seed: seed)
        var (tensors, notes) = (new.tensors, [String]())
        if let path = whole ?? encoder {
            let start = try ModelLoader.checkpoint(path)
            let left = whole == nil ? StartingTokenizer.ofEncoder : StartingTokenizer.ofWhole
            let taken = try StartingTokenizer.taken(start, tensors, without: left)
            tensors.merge(taken) { $1 }
            notes.append("\(path): \(taken.count) of \(tensors.count) tensors are taken")
        }
        tokenizer = try TrainedTokenizer(Checkpoint(name: name, tensors: tensors, config: own, files: [name]))
        (self.tensors, self.notes) = (tensors, notes)
    }

    private static func taken(
        _ start: Checkpoint, _ wanted: [String: Constant], without left: [String]
    ) throws -> [String: Constant] {
        var taken: [String: Constant] = [:]
        for (key, constant) in wanted where !left.contains(where: key.hasPrefix) {
            guard let found = start.tensors[key] else { continue }
            guard let data = found.tensor, found.type.dtype.isFloat, data.shape == constant.type.staticShape else {
                let file = start.files.first ?? start.name
                throw WorkError(
                    "\(file): '\(key)' is \(found.type), the model's \(constant.type); give the sizes that it was trained with", .content)
            }
            taken[key] = Constant(key: key, found.type.dtype == .f32 ? data : Tensor(data.floats, data.shape))
        }
        return taken
    }
}
