import IR
import Runtime
import TestSupport
import Testing

@testable import Formats
@testable import FourMModels
@testable import Importers

/// The encoder by itself, against the reference's ViT written out once more.
@Suite struct EncoderFeatureTests {
    private static let side = 64

    private static let modality = SyntheticModel.Modality("rgb@64", .pixels(channels: 3, patch: 16), positions: 16)

    private static func encoder(_ edit: (inout SyntheticModel) -> Void = { _ in }) -> SyntheticModel {
        var model = SyntheticModel([modality])
        model.encoderDepth = 2
        model.imageSize = side
        model.isEncoderOnly = true
        edit(&model)
        return model
    }

    private static let pixels: Tensor = {
        var random = SampleTensors(seed: 7)
        return random.floats([3, 3, side, side])
    }()

    private static func set(_ pixels: Tensor = pixels) -> ModalitySet {
        var set = ModalitySet()
        set["rgb@64"] = .given(pixels: pixels, patches: 16)
        return set
    }

    private static func naive(_ model: SyntheticModel) -> [[[Double]]] {
        (0..<3).map { NaiveEncoder(model).tokens(pixels.row($0).doubles, channels: 3, side: side, patch: 16, "rgb@64") }
    }

    @Test(arguments: ["gated", "bias", "qk_norm"])
    func matchesTheReferencesViT(_ kind: String) throws {
        let model = Self.encoder {
            $0.isGated = kind != "bias"
            $0.hasBias = kind == "bias"
            $0.hasQKNorm = kind == "qk_norm"
        }
        let features = try model.model().features(Self.set())
        let expected = Self.naive(model)
        #expect(features.tokens.shape == [3, 16, 8] && features.counts == [16, 16, 16])
        #expect(largestDifference(features.tokens.floats, expected.flatMap { $0.flatMap { $0 } }) < 2e-5)
        let means = expected.flatMap { rows in (0..<8).map { column in rows.reduce(0) { $0 + $1[column] } / 16 } }
        #expect(largestDifference(features.mean().floats, means) < 2e-5)
    }

    @Test func anEncoderAloneImportsWithoutDecoder() throws {
        let module = try Self.encoder().module()
        #expect(module.functions.map(\.name) == ["embed_encoder.rgb@64", "encode"])
        #expect(module.function("encode")?.outputs.map(\.name) == ["out"])
        #expect(module.metadata["warnings"] == nil)
        #expect(module.metadata.section(.architecture).integer(.decoderDepth) == 0)
    }

    @Test func theHeadOfAFineTunedEncoderIsLeftOutWithAWarning() throws {
        let whole = Self.encoder().checkpoint
        var tensors = whole.tensors
        tensors["output_head.weight"] = Constant(key: "output_head.weight", Tensor(zeros: .f32, [10, 8]))
        let module = try FourMImporter.importModel(Checkpoint(name: "tuned", tensors: tensors, config: whole.config, files: whole.files))
        #expect(module.constants["output_head.weight"] == nil)
        guard case .strings(let warnings)? = module.metadata["warnings"] else {
            Issue.record("no warning")
            return
        }
        #expect(warnings.count == 1 && warnings[0].contains("output_head.weight"))
    }

    @Test func anEncoderMayBeConfiguredWithoutItsLastNorm() throws {
        let whole = Self.encoder().checkpoint
        var fields = try #require(whole.config.dictionary)
        fields["encoder_norm"] = .bool(false)
        let tensors = whole.tensors.filter { !$0.key.hasPrefix("encoder_norm.") }
        let part = Checkpoint(name: "bare", tensors: tensors, config: Config(.dict(fields), file: "bare"), files: ["bare"])
        let module = try FourMImporter.importModel(part)
        #expect(module.constants.keys.allSatisfy { !$0.hasPrefix("encoder_norm.") })
        #expect(throws: ImportError.self) {
            try FourMImporter.importModel(Checkpoint(name: "torn", tensors: tensors, config: whole.config, files: ["torn"]))
        }
    }

    /// A whole model of which only the encoder of one modality is imported gives what the whole one gives, and holds less.
    @Test func theEncoderOfAWholeModelIsTheSame() throws {
        var whole = SyntheticModel([
            Self.modality, .init("caption", .text(vocabulary: 20), positions: 512),
            .init("tok_depth@64", .tokens(vocabulary: 9), positions: 16),
        ])
        whole.registers = 3
        let all = try whole.model()
        let part = try whole.model(.encoder(["rgb@64"]))
        let features = try part.features(Self.set())
        #expect(features.tokens == (try all.features(Self.set()).tokens))
        let output = try all.encode(Self.set()).output
        #expect(output.shape == [3, 19, 8])
        #expect(features.tokens.row(1).floats == Array(output.row(1).floats[3 * 8..<19 * 8]))
        #expect(Set(part.session.plan.module.functions.map(\.name)) == ["embed_encoder.rgb@64", "register_tokens", "encode"])
        #expect(part.modalities.keys.sorted() == ["rgb@64"])
        #expect(part.session.plan.weightBytes < all.session.plan.weightBytes)
    }

    @Test func aPartWithTargetsPredictsTheSame() throws {
        let whole = SyntheticModel([
            Self.modality, .init("caption", .text(vocabulary: 20), positions: 512),
            .init("tok_depth@64", .tokens(vocabulary: 9), positions: 16),
        ])
        func logits(_ model: FourMModel) throws -> Tensor {
            try model.logits("tok_depth@64", positions: [[Int]](repeating: Array(0..<16), count: 3), model.encode(Self.set()))
        }
        let part = try whole.model(ImportScope(inputs: ["rgb@64"], outputs: ["tok_depth@64"]))
        #expect(try logits(part) == logits(whole.model()))
        #expect(part.session.plan.module.function("logits.caption") == nil)
    }

    @Test func partsThatAreNotThereAreNamed() throws {
        let whole = SyntheticModel([Self.modality, .init("caption", .text(vocabulary: 20), positions: 512)])
        func message(_ scope: ImportScope) -> String {
            do { return "\(try whole.module(scope).name)" } catch { return "\(error)" }
        }
        #expect(message(.encoder(["sound"])).hasSuffix("this model takes no 'sound'; it takes: caption, rgb@64"))
        #expect(message(ImportScope(outputs: ["rgb@64"])).hasSuffix("this model predicts no 'rgb@64'; it predicts: caption"))
    }

    /// Texts of different lengths: each sample's mean counts its own tokens.
    @Test func meansLeaveOutPadding() throws {
        let whole = SyntheticModel([.init("caption", .text(vocabulary: 20), positions: 512)])
        let model = try whole.model(.encoder())
        func set(_ rows: [[Int]]) -> ModalitySet {
            let longest = rows.map(\.count).max() ?? 0
            var set = ModalitySet()
            set["caption"] = ModalityBatch(
                .tokens(rows.map { $0 + [Int](repeating: 0, count: longest - $0.count) }),
                inputMask: rows.map { row in (0..<longest).map { $0 >= row.count } },
                targetMask: rows.map { _ in [Bool](repeating: true, count: longest) })
            return set
        }
        let (short, long) = ([3, 4], [5, 6, 7, 8, 9])
        let together = try model.features(set([short, long]))
        #expect(together.counts == [2, 5])
        #expect(largestDifference(together.mean().row(0).floats, try model.features(set([short])).mean().doubles) < 1e-5)
        #expect(largestDifference(together.mean().row(1).floats, try model.features(set([long])).mean().doubles) < 1e-5)
    }
}
