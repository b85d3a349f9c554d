import Foundation
import FourMData
import FourMSettings
import FourMText
import Inspect
import Runtime
import Training

/// What `tessera train fm` is told: the settings of the run and of its data, and which process this is.
package struct FMOptions: Sendable {
    package var run: FMRunSettings
    package var data: DataSettings
    package var tokenizer: TextTokenizer?
    package var rank = 0
    package var ranks = 1
    /// Of the kernels of evaluations; nil: the process's default.
    package var threads: Int?

    /// Reads a model file, and the files that it names.
    /// - Parameter assignments: `KEY=VALUE` in place of the file's.
    /// - Throws: `SettingsError`, `FourMError`, `CheckpointError`, `TokenizerError`: each names file, line or key.
    package init(file: String, setting assignments: [String] = []) throws {
        run = try FMRunSettings(yaml: SettingsText.read(file, named: "run file", "tessera train fm"), file: file, setting: assignments)
        run.nameOutput(file)
        data = try DataSettings(yaml: SettingsText.read(run.dataFile, named: "data_config", file), file: run.dataFile)
        tokenizer = try run.textTokenizer.map { try TextTokenizer(contentsOf: URL(fileURLWithPath: $0)) }
    }

    /// What `dtype` says of products: autocast to bfloat16 rounds their operands and nothing that is kept. f32 where a machine has no such
    /// products, as rounding would take time there and give nothing.
    package var products: ProductPrecision { run.dtype == "bfloat16" && Machine.active >= .avx512bf16 ? .bf16 : .f32 }

    /// What is not followed, and why, a line each.
    package var notes: [String] {
        let keys = run.passedOver.map { "\($0.key) is passed over: \($0.why)" }
        let shuffling = data.passedOver.map { "\($0) is passed over: an epoch is a permutation of all samples" }
        let isFollowed = run.dtype == "float32" || products == .bf16
        let type = isFollowed ? [] : ["dtype \(run.dtype): weights and products are f32 on this machine"]
        return keys + shuffling + type
    }
}
