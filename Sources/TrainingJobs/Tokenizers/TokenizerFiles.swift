import Files
import Formats
import FourMPresets
import IR
import Training

/// A trained tokenizer as ml-4m's Python loads it.
struct TokenizerFiles {
    /// The arguments of its class.
    let config: ConfigDictionary
    /// All tensors that its checkpoint holds, as the training began.
    let tensors: [String: Constant]

    /// `model.safetensors` and `config.json`; with moving averages those too, in `average/`.
    /// - Throws: `CheckpointError`, `OutputError` naming the file.
    func write(_ trainer: Trainer, averages: Bool, to folder: String) throws {
        try write(trainer.parameters.merging(trainer.buffers) { $1 }, to: folder)
        guard averages else { return }
        let average = FilePath.join(folder, "average")
        try Folders.make(average)
        try write(trainer.averages, to: average)
    }

    private func write(_ trained: [String: Tensor], to folder: String) throws {
        let all = tensors.values.map { constant in trained[constant.key].map { Constant(key: constant.key, $0) } ?? constant }
        try SafeTensorsWriter.write(
            all + TokenizerFiles.twice(all), metadata: CheckpointInitializer.header(config), to: FilePath.join(folder, "model.safetensors"))
        let text = ConfigValue.dict(config).description + "\n"
        try AtomicFile.write(to: FilePath.join(folder, "config.json")) { (file) throws(CheckpointError) in try file.append(Array(text.utf8))
        }
    }

    /// The convolution of a UViT that ml-4m's checkpoints hold under a second name as well.
    private static func twice(_ tensors: [Constant]) -> [Constant] {
        let (first, second) = ("decoder.downsample_mid.conv.", "decoder.downsample_mid.Conv2d_0.")
        return tensors.filter { $0.key.hasPrefix(first) }.map { constant in
            Constant(key: second + constant.key.dropFirst(first.count), type: constant.type, bytes: constant.bytes)
        }
    }
}
