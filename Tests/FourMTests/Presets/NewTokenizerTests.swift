import Formats
import IR
import Testing

@testable import FourMPresets

/// What tokenizers start from, against `_init_weights` of ml-4m and PyTorch's defaults.
@Suite("New tokenizers") struct NewTokenizerTests {
    private func tensors(_ own: ConfigDictionary) throws -> [String: Tensor] {
        let base: ConfigDictionary = [
            "image_size": .int(64), "patch_size": .int(8), "enc_type": .string("vit_b_enc"), "dec_type": .string("vit_b_dec"),
            "post_mlp": .bool(true), "out_conv": .bool(true), "codebook_size": .int(512), "latent_dim": .int(16),
            "enc_args": .dict(["dim_tokens": .int(64), "depth": .int(1), "num_heads": .int(4)]),
            "dec_args": .dict(["dim_tokens": .int(64), "depth": .int(1), "num_heads": .int(4)]),
        ]
        let config = Config(.dict(base.merging(own)), file: "config")
        return try NewTokenizer.checkpoint(config, name: "new", seed: 5).tensors.compactMapValues(\.tensor)
    }

    /// Largest number, and whether those of a uniform distribution up to `bound` are like that.
    private func isUniform(_ tensor: Tensor?, _ bound: Double) -> Bool {
        guard let values = tensor?.doubles, values.count > 100 else { return false }
        let square = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
        return values.allSatisfy { abs($0) <= bound } && abs(square / (bound * bound / 3) - 1) < 0.2
    }

    @Test func transformersHaveGlorotsBoundsAndConvolutionsPyTorchs() throws {
        let made = try tensors([:])
        #expect(isUniform(made["encoder.blocks.0.attn.qkv.weight"], (6.0 / (64 + 64)).squareRoot()))
        #expect(isUniform(made["encoder.blocks.0.mlp.fc1.weight"], (6.0 / (64 + 256)).squareRoot()))
        #expect(isUniform(made["decoder.out_proj.weight"], (6.0 / (64 + 192)).squareRoot()))
        #expect(isUniform(made["encoder.proj.weight"], (1 / 192.0).squareRoot()))
        #expect(isUniform(made["quant_proj.weight"], (1 / 64.0).squareRoot()))
        #expect(isUniform(made["decoder.out_conv.0.dwconv.weight"], 1 / 7.0))
        #expect(made["encoder.blocks.0.attn.qkv.bias"]?.doubles.allSatisfy { $0 == 0 } == true)
        #expect(made["encoder.proj.bias"]?.doubles.contains { $0 != 0 } == true)
        #expect(made["encoder.blocks.0.norm1.weight"]?.doubles.allSatisfy { $0 == 1 } == true)
        #expect(made["decoder.out_conv.0.gamma"]?.doubles.allSatisfy { abs($0 - 1e-6) < 1e-12 } == true)
    }

    @Test func codesHaveUnitLengthIfTheyAreCompared() throws {
        let unit = try tensors([:])
        let lengths = (unit["quantize._codebook.embed"]?.floats ?? []).enumerated().reduce(into: [Int: Float]()) {
            $0[$1.offset / 16, default: 0] += $1.element * $1.element
        }
        #expect(lengths.count == 512 && lengths.values.allSatisfy { abs($0 - 1) < 1e-5 })
        #expect(unit["quantize._codebook.embed_avg"] == nil && unit["quantize._codebook.initted"]?.floats == [1])
        let plain = try tensors(["norm_codes": .bool(false)])
        #expect(isUniform(plain["quantize._codebook.embed"], (6 / 16.0).squareRoot()))
        #expect(plain["quantize._codebook.embed_avg"] == plain["quantize._codebook.embed"])
        let later = try tensors(["kmeans_init": .bool(true)])
        #expect(later["quantize._codebook.initted"]?.floats == [0])
        #expect(later["quantize._codebook.embed"]?.floats.allSatisfy { $0 == 0 } == true)
    }

    @Test func pointsAndClassesAreNormalOrPyTorchs() throws {
        let network = ConfigValue.string("BottleneckMLP/B_1-Wi_32")
        let made = try tensors([
            "enc_type": network, "dec_type": network, "quant_type": .string("memcodes"), "num_codebooks": .int(2),
            "patch_proj": .bool(false),
            "n_labels": .int(40), "out_conv": .bool(false), "post_mlp": .bool(false),
        ])
        #expect(isUniform(made["encoder.blocks.0.block.0.weight"], (1 / 32.0).squareRoot()))
        #expect(isUniform(made["quantize.to_k.weight"], (3 / 8.0).squareRoot()))
        let codes = made["quantize.codes"]?.doubles ?? []
        let square = codes.reduce(0) { $0 + $1 * $1 } / Double(max(codes.count, 1))
        #expect(codes.count == 2 * 512 * 8 && abs(square - 1) < 0.1 && codes.contains { abs($0) > 2 })
        #expect(made["cls_emb.weight"]?.doubles.contains { abs($0) > 1.5 } == true)
    }
}
