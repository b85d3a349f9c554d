import Foundation
import IR
import Media
import Runtime
import TestSupport
import Testing

@testable import Formats
@testable import FourMCodecs
@testable import FourMModels
@testable import FourMSampling
@testable import FourMSettings
@testable import Importers

/// Diffusion decoders of tiny golden models: sizes, hidden tokens, guidance, schedulers, halves.
@Suite(needsShared)
struct DiffusionDecodingTests {
    static func model(_ name: String, part: TokenizerPart = .whole) throws -> TokenizerModel {
        try TokenizerModel(ModelLoader.plan(SharedData.path("goldens/\(name)"), part: part))
    }

    /// 4 × 4 tokens of two samples.
    static let tokens = Tensor(integers: (0..<32).map { $0 * 7 % 64 }, [2, 4, 4])

    static func options(_ change: (inout DiffusionOptions) -> Void = { _ in }) -> DiffusionOptions {
        var options = DiffusionOptions()
        (options.steps, options.scheduler) = (2, .ddim)
        change(&options)
        return options
    }

    @Test(arguments: ["diffusion/divae_uvit_concat", "diffusion/divae_uvit_xattn", "diffusion/divae_unet"])
    func makesAnySizeThatFits(_ name: String) throws {
        let model = try Self.model(name, part: .decoder)
        #expect(try model.detokenize(Self.tokens, Self.options()).shape == [2, 3, 32, 32])
        let wide = try model.detokenize(Self.tokens, Self.options { $0.imageSize = PixelSize(height: 32, width: 64) })
        #expect(wide.shape == [2, 3, 32, 64] && wide.floats.allSatisfy(\.isFinite))
        let (step, name) = (model.sizeMultiple, model.session.plan.module.name)
        let error = #expect(throws: FourMError.self) {
            try model.detokenize(Self.tokens, Self.options { $0.imageSize = PixelSize(height: 32, width: 64 + step - 1) })
        }
        #expect(error?.description.contains("multiples of \(step)") == true && error?.description.contains(name) == true)
        #expect(throws: FourMError.self) {
            try model.detokenize(Self.tokens, Self.options { $0.imageSize = PixelSize(height: 0, width: 32) })
        }
    }

    /// The sizes that 4M's decoders were trained for, on the smallest model, with token grids of 16-pixel patches.
    @Test(arguments: [(224, 224), (256, 320), (512, 224)]) func largeSizes(_ height: Int, _ width: Int) throws {
        let model = try Self.model("diffusion/divae_uvit_longskip", part: .decoder)
        let (rows, columns) = (height / 16, width / 16)
        let tokens = Tensor(integers: (0..<rows * columns).map { $0 % 64 }, [1, rows, columns])
        let options = Self.options {
            $0.steps = 1
            $0.imageSize = PixelSize(height: height, width: width)
        }
        let picture = try model.detokenize(tokens, options)
        #expect(picture.shape == [1, 3, height, width] && picture.floats.allSatisfy(\.isFinite))
    }

    @Test func aSampleDoesNotDependOnItsBatch() throws {
        let model = try Self.model("diffusion/divae_uvit_concat", part: .decoder)
        let both = try model.detokenize(Self.tokens, Self.options { $0.scheduler = .ddpm })
        let second = try model.detokenize(
            Self.tokens.row(1),
            Self.options {
                $0.scheduler = .ddpm
                $0.rowOffset = 1
            })
        let worst = zip(both.row(1).floats, second.floats).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-5)
    }

    @Test(arguments: ["diffusion/divae_uvit_concat", "diffusion/divae_uvit_xattn", "diffusion/divae_unet"])
    func hiddenTokensDoNotMatter(_ name: String) throws {
        let model = try Self.model(name, part: .decoder)
        var flags = [Bool](repeating: false, count: 16)
        for index in [5, 6, 9, 10] { flags[index] = true }
        let mask = Tensor(bools: flags, [4, 4])
        var ids = Self.tokens.integers
        for row in 0..<2 { for index in 0..<16 where flags[index] { ids[row * 16 + index] = 63 - ids[row * 16 + index] } }
        let other = Tensor(integers: ids, [2, 4, 4])
        let options = Self.options { $0.conditionMask = mask }
        let hidden = try model.detokenize(Self.tokens, options)
        #expect(try model.detokenize(other, options).floats == hidden.floats)
        #expect(try model.detokenize(Self.tokens, Self.options()).floats != hidden.floats)
        for wrong in [Tensor(bools: flags, [16]), Tensor(integers: flags.indices.map { $0 }, [4, 4])] {
            #expect(throws: FourMError.self) { try model.detokenize(Self.tokens, Self.options { $0.conditionMask = wrong }) }
        }
    }

    @Test func guidanceMovesAwayFromTheHiddenCondition() throws {
        let model = try Self.model("diffusion/divae_uvit_concat", part: .decoder)
        func picture(_ scale: Double) throws -> [Float] {
            try model.detokenize(Self.tokens, Self.options { $0.guidance = DiffusionGuidance(scale: scale) }).floats
        }
        let plain = try model.detokenize(Self.tokens, Self.options()).floats
        #expect(try picture(1) == plain)
        #expect(try picture(3) != plain)
        let unconditional = try model.detokenize(
            Self.tokens, Self.options { $0.conditionMask = Tensor(bools: [Bool](repeating: true, count: 16), [4, 4]) })
        let worst = zip(try picture(0), unconditional.floats).map { abs($0 - $1) }.max() ?? 1
        #expect(worst < 1e-4)
        #expect(!model.learnedGuidance)
    }

    @Test func guidanceArithmetic() {
        let (full, less): ([Float], [Float]) = ([1, 3, 2, 2], [0, 2, 1, 3])
        #expect(DiffusionGuidance(scale: 2).combine(full: full, less: less, batch: 2) == [2, 4, 3, 1])
        // Row 1: guided [2, 4] has the deviation of [1, 3]. Row 2: that of [2, 2] is 0, that of [3, 1] √2.
        #expect(DiffusionGuidance(scale: 2, rescale: 1).combine(full: full, less: less, batch: 2) == [2, 4, 0, 0])
        #expect(DiffusionGuidance(scale: 2, rescale: 0.5).combine(full: full, less: less, batch: 2) == [2, 4, 1.5, 0.5])
    }

    @Test func originalSizeIsHeardOrRefused() throws {
        let model = try Self.model("diffusion/divae_uvit_concat", part: .decoder)
        func picture(_ size: PixelSize?) throws -> [Float] {
            try model.detokenize(Self.tokens, Self.options { $0.originalSize = size }).floats
        }
        let (told, untold) = (try picture(PixelSize(height: 480, width: 640)), try picture(nil))
        #expect(told != untold)
        let deaf = try Self.model("diffusion/divae_uvit_longskip", part: .decoder)
        let error = #expect(throws: FourMError.self) {
            try deaf.detokenize(Self.tokens, Self.options { $0.originalSize = PixelSize(height: 480, width: 640) })
        }
        #expect(error?.description.contains("original size") == true)
    }

    @Test func pndmRunsWhereTheReferenceHasIt() throws {
        let pndm = Self.options { ($0.scheduler, $0.steps) = (.pndm, 4) }
        let picture = try Self.model("diffusion/divae_uvit_xattn", part: .decoder).detokenize(Self.tokens, pndm)
        #expect(picture.floats.allSatisfy { $0.isFinite })
        // A shifted cosine, and a decoder that predicts the picture itself.
        for name in ["diffusion/divae_uvit_concat", "diffusion/divae_uvit_longskip"] {
            let model = try Self.model(name, part: .decoder)
            let error = #expect(throws: SchedulerError.self) { try model.detokenize(Self.tokens, pndm) }
            #expect(error?.description.hasPrefix("pndm: ") == true)
        }
        let short = Self.options { ($0.scheduler, $0.steps) = (.pndm, 3) }
        #expect(throws: SchedulerError.self) {
            try Self.model("diffusion/divae_uvit_xattn", part: .decoder).detokenize(Self.tokens, short)
        }
    }

    @Test(arguments: ["diffusion/divae_uvit_concat", "tokenizer/memcodes_bottleneck_mlp", "tokenizer/vqvae_semseg"])
    func halvesWeighLessAndDoTheSame(_ name: String) throws {
        let (whole, encoder, decoder) = (try Self.model(name), try Self.model(name, part: .encoder), try Self.model(name, part: .decoder))
        let (all, first, second) = (whole.session.plan.weightBytes, encoder.session.plan.weightBytes, decoder.session.plan.weightBytes)
        #expect(first < all && second < all && first + second >= all)
        let root = SharedData.path("goldens/\(name)/inputs.safetensors")
        let input = try #require(try Checkpoint.open(root).tensors["in0"]?.tensor)
        let tokens = try whole.tokenize(input)
        #expect(try encoder.tokenize(input).integers == tokens.integers)
        let pictures = try [decoder, whole].map { try $0.detokenize(tokens, Self.options()).floats }
        #expect(pictures[0] == pictures[1])
        #expect(throws: FourMError.self) { try decoder.tokenize(input) }
        #expect(throws: FourMError.self) { try encoder.detokenize(tokens) }
    }

    @Test func tokensOfSeveralCodebooksTakeTheirLayout() throws {
        let model = try Self.model("tokenizer/memcodes_bottleneck_mlp")
        let one = try model.layout([[1, 2, 3, 4], [5, 6, 7, 8]], grid: (2, 2))
        #expect(one.shape == [2, 4, 1, 1])
        #expect(try model.detokenize(one).shape == [2, 23, 1, 1])
        #expect(try model.layout([Array(0..<16)], grid: (2, 2)).shape == [1, 4, 2, 2])
        #expect(throws: FourMError.self) { try model.layout([[1, 2, 3]], grid: (1, 3)) }
        #expect(throws: FourMError.self) { try model.detokenize(Tensor(integers: [1, 2, 3, 4], [1, 2, 2])) }
        #expect(throws: FourMError.self) { try model.detokenize(Tensor(integers: [1, 2, 40, 4], [1, 4, 1, 1])) }
        let plain = try Self.model("tokenizer/vqvae_semseg")
        #expect(try plain.layout([[1, 2, 3, 4, 5, 6]], grid: (2, 3)).shape == [1, 2, 3])
    }

    @Test func pixelSizesAreReadHeightFirst() {
        #expect(PixelSize("448") == PixelSize(height: 448, width: 448))
        #expect(PixelSize("320x448") == PixelSize(height: 320, width: 448))
        for text in ["", "x", "0", "224x", "x224", "1x2x3", "-5", "224 x 224", "9000"] { #expect(PixelSize(text) == nil, "\(text)") }
    }
}

/// Pictures as tokenizers take them, beyond squares of colours.
struct TokenizerInputTests {
    @Test func edgesOfOneChannelAreGrey() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-edges-\(UUID().uuidString).png").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let samples = [UInt8](repeating: 76, count: 32 * 16 * 3)
        try ByteImage(width: 32, height: 16, channels: 3, samples: samples).writePNG(to: path)
        let size = PixelSize(height: 8, width: 16)
        let grey = try TokenizerInput.pictures(base: "tok_canny_edge", [path], size: size, channels: 1).tensor
        #expect(grey.shape == [1, 1, 8, 16])
        #expect(grey.floats.allSatisfy { abs($0 - (76 / 255 * 2 - 1)) < 1e-6 })
        let colour = try TokenizerInput.pictures(base: "tok_canny_edge", [path], size: size).tensor
        #expect(colour.shape == [1, 3, 8, 16])
        let red: [UInt8] = (0..<32 * 16 * 3).map { $0 % 3 == 0 ? 255 : 0 }
        try ByteImage(width: 32, height: 16, channels: 3, samples: red).writePNG(to: path)
        #expect(throws: FourMError.self) { try TokenizerInput.pictures(base: "tok_canny_edge", [path], size: size) }
    }

    @Test func edgesOfOneChannelHaveAPicture() throws {
        var target = DecodedTarget(modality: "tok_canny_edge", tokens: [])
        try PictureForms.fill(&target, base: "tok_canny_edge", Tensor([-1, 1, 0, 3], [1, 1, 2, 2]))
        let picture = try #require(target.picture)
        #expect((picture.width, picture.channels) == (2, 3))
        #expect([0, 3, 6, 9].map { picture.samples[$0] } == [0, 255, 128, 255])
    }
}
