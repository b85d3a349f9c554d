import Formats
import Foundation
import IR
import Media
import Testing

/// `tokenize` and `detokenize` beyond square pictures, over a bundle of tiny golden tokenizers.
@Suite(needsShared) struct TokenizerCommandTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let tokenizers = [
            "tok_rgb": "diffusion/divae_uvit_xattn", "tok_normal": "diffusion/divae_uvit_concat", "tok_depth": "tokenizer/vqvae_rgb",
            "human_poses": "tokenizer/memcodes_bottleneck_mlp", "tok_semseg": "tokenizer/vqvae_semseg",
        ]
        let lines = tokenizers.map { "  \($0.key): \(Shared.path("goldens/\($0.value)"))\n" }.joined()
        try folder.write("name: toy\nmodel: \(Shared.path("goldens/fm/fm21"))\ntokenizers:\n" + lines, "bundle.yaml")
        let pixels = (0..<96 * 64 * 3).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try ByteImage(width: 96, height: 64, channels: 3, samples: pixels).writePNG(to: folder.file("in.png"))
    }

    private func detokenize(_ modality: String, _ tokens: String, _ more: String...) async -> Command {
        await Command(["detokenize", folder.path, "--modality", modality, folder.file(tokens), "-o", folder.file("out.png")] + more)
    }

    @Test func picturesOfAnySize() async throws {
        let there = await Command(
            "tokenize", folder.path, "--modality", "rgb", folder.file("in.png"), "--size", "32x48", "-o", folder.file("t.npy"))
        #expect(there.code == 0, "\(there.messages)")
        #expect(try NumpyFile.read(folder.file("t.npy")).shape == [1, 4, 6])
        for more in [[], ["--diffusion-scheduler", "pndm"], ["--diffusion-scheduler", "ddim", "--diffusion-timesteps", "leading"]] {
            let back = await Command(
                ["detokenize", folder.path, "--modality", "rgb", folder.file("t.npy"), "-o", folder.file("o.png")]
                    + ["--diffusion-steps", "4"] + more)
            #expect(back.code == 0, "\(more): \(back.messages)")
            let picture = try ImageFile.load(path: folder.file("o.png"))
            #expect((picture.height, picture.width) == (32, 48))
        }
        let large = await detokenize("rgb", "t.npy", "--size", "64x80", "--diffusion-steps", "1")
        #expect(large.code == 0, "\(large.messages)")
        #expect(try ImageFile.load(path: folder.file("out.png")).width == 80)
    }

    @Test func tokensAreNotWrittenOver() async throws {
        try NumpyFile.write(Tensor(integers: [Int](repeating: 3, count: 16), [4, 4]), to: folder.file("t.npy"))
        let run = await Command("detokenize", folder.path, "--modality", "depth", folder.file("t.npy"), "-o", folder.path + "/./t.npy")
        #expect(run.code == 2 && run.messages.contains("is the file of the tokens"), "\(run.messages)")
        #expect(try NumpyFile.read(folder.file("t.npy")).shape == [4, 4])
    }

    /// Int16 arrays are the crops of a data set, others one grid.
    @Test func cropsOfADataSetAreSquares() async throws {
        let tokens = [Int](repeating: 3, count: 32)
        for (dtype, shape) in [(DType.i16, [2, 3, 64, 64]), (.i64, [1, 3, 32, 256])] {
            try NumpyFile.write(Tensor(integers: tokens, [2, 16], as: dtype), to: folder.file("crops.npy"))
            let run = await Command(
                "detokenize", folder.path, "--modality", "depth", folder.file("crops.npy"), "-o", folder.file("values.npy"))
            #expect(run.code == 0, "\(run.messages)")
            #expect(try NumpyFile.read(folder.file("values.npy")).shape == shape)
        }
    }

    @Test func posesGoThereAndBack() async throws {
        try NumpyFile.write(Tensor((0..<46).map { Float($0) / 46 }, [2, 23]), to: folder.file("poses.npy"))
        let there = await Command(
            "tokenize", folder.path, "--modality", "human_poses", folder.file("poses.npy"), "-o", folder.file("t.npy"))
        #expect(there.code == 0, "\(there.messages)")
        let tokens = try NumpyFile.read(folder.file("t.npy"))
        #expect(tokens.shape == [2, 4, 1, 1])
        try NumpyFile.write(Tensor(integers: tokens.integers, [2, 4]), to: folder.file("flat.npy"))
        var decoded: [[Float]] = []
        for name in ["t.npy", "flat.npy"] {
            let back = await Command(
                "detokenize", folder.path, "--modality", "human_poses", folder.file(name), "-o", folder.file("p.npy"))
            #expect(back.code == 0, "\(back.messages)")
            let values = try NumpyFile.read(folder.file("p.npy"))
            #expect(values.shape == [2, 23, 1, 1])
            decoded.append(values.floats)
        }
        #expect(decoded[0] == decoded[1])
    }

    @Test func whatDoesNotFitIsNamed() async throws {
        try NumpyFile.write(Tensor(integers: [Int](repeating: 3, count: 16), [4, 4]), to: folder.file("t.npy"))
        try NumpyFile.write(Tensor(integers: [0, 1, 1], [3]), to: folder.file("mask.npy"))
        try NumpyFile.write(Tensor((0..<24).map { Float($0) }, [24]), to: folder.file("v.npy"))
        for (modality, flags, code, words) in [
            ("rgb", ["--size", "33"], 2, "multiples of 8"), ("rgb", ["--mask", folder.file("mask.npy")], 1, "bool[4, 4]"),
            ("rgb", ["--mask", folder.file("none.npy")], 1, "none.npy"), ("rgb", ["--original-size", "480x640"], 2, "original size"),
            ("normal", ["--diffusion-scheduler", "pndm"], 2, "pndm: beta_schedule"), ("human_poses", [], 2, "no form as a picture"),
        ] {
            let run = await Command(
                ["detokenize", folder.path, "--modality", modality, folder.file("t.npy"), "-o", folder.file("x.png")] + flags)
            #expect(run.code == code && run.messages.contains(words), "\(modality) \(flags): \(run.messages)")
        }
        for (modality, file, flags, code, words) in [
            ("human_poses", "v.npy", [], 1, "23 channels"), ("rgb", "in.png", ["--size", "36"], 2, "multiples of the tokenizer's patch"),
            ("semseg", "v.npy", [], 1, "class ids"), ("rgb", "t.npy", [], 1, "floats [channels, height, width]"),
            ("rgb", "t.npy", ["--size", "32"], 2, "--size is for pictures"),
        ] {
            let run = await Command(
                ["tokenize", folder.path, "--modality", modality, folder.file(file), "-o", folder.file("x.npy")] + flags)
            #expect(run.code == code && run.messages.contains(words), "\(modality) \(file): \(run.messages)")
        }
        for (flags, words) in [
            (["--size", "64"], "--size is for diffusion"), (["--diffusion-guidance", "2"], "--diffusion-guidance is for"),
            (["--diffusion-steps", "2"], "--diffusion-steps is for"),
        ] {
            let run = await Command(
                ["detokenize", folder.path, "--modality", "depth", folder.file("t.npy"), "-o", folder.file("x.png")] + flags)
            #expect(run.code == 2 && run.messages.contains(words) && run.messages.contains("tessera detokenize --help"), "\(run.messages)")
        }
        for flags in [
            ["--diffusion-scheduler", "ddpm", "--diffusion-timesteps", "linspace"], ["--diffusion-scheduler", "euler"],
            ["--diffusion-steps", "0"], ["--diffusion-timesteps", "end"], ["--diffusion-guidance=-1"],
            ["--diffusion-rescale", "0.5"], ["--diffusion-guidance", "2", "--diffusion-rescale", "2"], ["--size", "0"], ["--size", "9000"],
        ] {
            let run = await Command(
                ["detokenize", folder.path, "--modality", "rgb", folder.file("t.npy"), "-o", folder.file("x.png")] + flags)
            #expect(run.code == 2, "\(flags): \(run.messages)")
        }
    }
}

/// `generate` over the project's bundle, whose decoder predicts the picture itself, which PNDM cannot do.
struct DiffusionFlagTests {
    @Test func generateRefusesBeforeItSamples() async throws {
        let folder = try TemporaryFolder()
        let run = await Command(
            "generate", Shapes.folder, "--input", "caption=a red cube", "--target", "tok_rgb@224", "--diffusion-scheduler", "pndm", "-o",
            folder.file("out"))
        #expect(run.code == 2 && run.messages.contains("pndm: prediction_type 'sample'"), "\(run.messages)")
        #expect(!run.messages.contains("generating"), "\(run.messages)")
        let usage = await Command(
            "generate", Shapes.folder, "--input", "caption=x", "--diffusion-scheduler", "euler", "-o", folder.file("out"))
        #expect(usage.code == 2 && usage.messages.contains("ddim, ddpm or pndm"))
    }
}
