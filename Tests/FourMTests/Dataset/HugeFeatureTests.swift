import Foundation
import FourMPresets
import IR
import Runtime
import Testing

@testable import Formats
@testable import FourMData
@testable import FourMModels

/// Finite values that are too large for a tokenizer: one sample is at fault, not the run.
@Suite struct HugeFeatureTests {
    private let data = LittleDataset()

    /// A small tokenizer of feature maps with random weights, scaled by `scale`.
    private func tokenizer(scale: Float = 1) throws -> String {
        let network: ConfigValue = .dict(["dim_tokens": .int(8), "depth": .int(1), "num_heads": .int(2), "mlp_ratio": .double(4)])
        let small: ConfigDictionary = [
            "n_channels": .int(4), "image_size": .int(64), "latent_dim": .int(4), "codebook_size": .int(24), "enc_args": network,
            "dec_args": network,
        ]
        let preset = try #require(ModelPreset.named("tok-clip-8k"))
        let path = data.path("clip.safetensors")
        try DatasetPath.makeFolder(of: path)
        _ = try CheckpointInitializer(Config(.dict(preset.config.merging(small)), file: "test"), name: "clip").write(to: path)
        let checkpoint = try Checkpoint.open(path)
        var tensors = checkpoint.tensors.compactMapValues(\.tensor)
        for (key, tensor) in tensors { tensors[key] = Tensor(tensor.floats.map { $0 * scale }, tensor.shape) }
        let metadata = try SafeTensorsFile(path: path).metadata
        try SafeTensorsWriter.write(tensors, metadata: metadata, to: path)
        return path
    }

    private func run(_ weights: String) throws -> (report: DatasetReport, skipped: [SkippedSample]) {
        for (index, value) in [1, 3e38, 2, 0.5, 3].enumerated() {
            let map = Tensor((0..<64).map { Float(value) * ($0 % 3 == 0 ? 1 : 0.5) }, [4, 4, 4])
            try data.write(NumpyFile.encode(map), "CLIP-B16/a/\(index).npy")
        }
        var settings = try data.settings("clip")
        settings.inputFolder = "CLIP-B16"
        let model = try TokenizerModel(ModelLoader.plan(weights, part: .encoder))
        let tokenizer = try DatasetTokenizer(model, settings, tokenizer: weights, precision: "f32")
        var skipped: [SkippedSample] = []
        tokenizer.onSkip = { skipped.append($0) }
        return (try tokenizer.run(DatasetPlan(settings)), skipped)
    }

    @Test func aSampleThatOverflowsIsPassedOver() throws {
        let (report, skipped) = try run(tokenizer())
        #expect(report.samples == 4 && skipped.map(\.unit) == ["a/1.npy"])
        #expect(skipped.first?.reason.contains("not finite") == true)
        #expect(try data.arrays("tok_clip").keys.sorted() == ["a/0.npy", "a/2.npy", "a/3.npy", "a/4.npy"])
    }

    /// All samples would be passed over.
    @Test func aBrokenModelEndsTheRun() throws {
        let weights = try tokenizer(scale: .nan)
        let error = #expect(throws: (any Error).self) { try run(weights) }
        #expect(error.map { "\($0)" }?.contains("get the model anew") == true)
    }
}
