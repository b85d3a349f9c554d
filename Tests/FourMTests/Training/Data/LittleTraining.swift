import Formats
import Foundation
import FourMSettings
import FourMText
import IR
import TestSupport

@testable import FourMData

/// A data set of tokens, pictures, captions and boxes, made for one test and removed with it: as a folder and as shards.
final class LittleTraining {
    let root: String
    static let tokens = 196

    /// - Parameter samples: of which the last `shards` have an archive each, if there are any.
    init(samples: Int = 6, perShard: Int = 2) throws {
        root = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-training-\(UUID().uuidString)").path
        for number in 0..<samples {
            for (modality, ext, bytes) in try LittleTraining.files(number) {
                try write(bytes, "folder/\(modality)/all/s\(number).\(ext)")
            }
        }
        for shard in 0..<samples / perShard {
            var entries: [String: [TarWriter.Entry]] = [:]
            for number in shard * perShard..<(shard + 1) * perShard {
                for (modality, ext, bytes) in try LittleTraining.files(number) {
                    entries[modality, default: []].append(TarWriter.Entry(name: "s\(number).\(ext)", bytes: bytes))
                }
            }
            for (modality, own) in entries {
                try DatasetPath.makeFolder(of: "\(root)/shards/\(modality)/\(shard).tar")
                try TarWriter.write(own, to: "\(root)/shards/\(modality)/\(shard).tar")
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func write(_ bytes: [UInt8], _ name: String) throws {
        try DatasetPath.makeFolder(of: "\(root)/\(name)")
        try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(name)"))
    }

    /// Two crops each; token ids tell sample and crop.
    private static func files(_ number: Int) throws -> [(modality: String, ext: String, bytes: [UInt8])] {
        let ids = (0..<2 * tokens).map { ($0 / tokens) * 500 + number * 10 + $0 % 7 }
        let crops = CropSettings([
            .init(top: 0, left: 0, height: 224, width: 224), .init(top: 10, left: 20, height: 150, width: 160, flip: true),
        ])
        let boxes = """
            {"instances": [{"boxes": [0.1, 0.2, 0.5, 0.6], "class_name": "sphere", "score": 0.9}, {"boxes": [0, 0, 1, 1], "class_name": "cube",
            "score": 0.2}]}
            """
        return [
            ("tok_rgb", "npy", NumpyFile.encode(Tensor(integers: ids, [2, tokens], as: .i16))),
            ("crop_settings", "npy", NumpyFile.encode(crops.tensor)),
            ("caption", "json", Array("[\"a red sphere \(number)\", {\"caption\": \"a blue cube \(number)\"}]".utf8)),
            ("det", "json", Array(boxes.utf8)), ("rgb", "png", try LittleDataset.picture(number % 8)),
        ]
    }

    /// - Parameter shards: reads them in place of the folder.
    func data(shards: Bool = false, inputs: String = "caption-det-rgb@224-tok_rgb@224", outputs: String = "caption-det-tok_rgb@224") throws
        -> DataSettings
    {
        let path = shards ? "\(root)/shards/[caption,crop_settings,det,rgb,tok_rgb]/{0..2}.tar" : "\(root)/folder"
        return try DataSettings(
            yaml: """
                train:
                  datasets:
                    little:
                      type: multimodal
                      in_domains: \(inputs)
                      out_domains: \(outputs)
                      input_alphas: "1.0"
                      target_alphas: "1.0"
                      data_path: '\(path)'
                      use_wds: \(shards)
                      main_augment_domain: rgb@224
                val:
                  datasets:
                    little:
                      data_path: '\(root)/folder'
                """, file: "data.yaml")
    }

    func run(_ assignments: [String] = []) throws -> FMRunSettings {
        let text = """
            data_config: data.yaml
            epoch_size: 12
            epochs: 2
            warmup_epochs: 0
            batch_size: 4
            num_input_tokens: 48
            num_target_tokens: 48
            fixed_eval_input_tokens: 32
            fixed_eval_target_tokens: 32
            architecture: {dim: 32, num_heads: 2, encoder_depth: 1, decoder_depth: 1}
            modality_overrides:
              caption: {vocab_size: 615, max_length: 64, max_tokens: 64}
              det: {vocab_size: 615, max_length: 64, max_tokens: 64}
              tok_rgb@224: {vocab_size: 1024}
            """
        return try FMRunSettings(yaml: text, file: "run.yaml", setting: assignments)
    }

    static func tokenizer() throws -> TextTokenizer {
        try TextTokenizer(contentsOf: URL(fileURLWithPath: DemoBundle.folder + "/text_tokenizer.json"))
    }

    func training(_ data: DataSettings, _ assignments: [String] = []) throws -> TrainingData {
        let run = try run(assignments)
        return try TrainingData(data, run, TrainingModalities(data, run), LittleTraining.tokenizer())
    }
}
