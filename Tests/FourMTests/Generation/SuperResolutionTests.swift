import Foundation
import IR
import TestSupport
import Testing

@testable import Formats
@testable import FourM
@testable import FourMModels
@testable import FourMSettings

/// A bundle whose model and super-resolution model are the small random one of the golden data, without tokenizers.
@Suite(needsShared) final class SuperResolutionTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-sr-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let goldens = SharedData.path("goldens")
        let shapes = DemoBundle.folder
        let lines = [
            "model: \(goldens)/fm/fm7_sr448", "sr_model: \(goldens)/fm/fm7_sr448", "text_tokenizer: \(shapes)/text_tokenizer.json",
            "box_bins: 100",
        ]
        try Data(lines.joined(separator: "\n").utf8).write(to: folder.appendingPathComponent("bundle.yaml"))
        try NumpyFile.write(
            Tensor(integers: (0..<196).map { $0 % 32 }, [14, 14], as: .i64), to: folder.appendingPathComponent("clip.npy").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func request(_ targets: [String]) -> GenerationRequest {
        var request = GenerationRequest()
        request.inputs = [
            GenerationInput(modality: "caption", value: "a red cube"),
            GenerationInput(modality: "tok_clip@224", value: folder.appendingPathComponent("clip.npy").path),
        ]
        request.targets = targets
        request.overrides.steps = 2
        request.overrides.maxTokens = 8
        return request
    }

    private func generator() throws -> Generator { Generator(try LoadedBundle(path: folder.path)) }

    @Test func everythingKnownConditionsTheLargerVersions() throws {
        let generator = try generator()
        let request = request(["tok_rgb@224", "det"])
        let settings = try #require(try generator.superResolutionSettings(request))
        #expect(settings.conditions == ["caption", "tok_clip@224", "tok_rgb@224", "det"])
        #expect(settings.targets.map(\.target) == ["tok_clip@448", "tok_rgb@448"])
        #expect(settings.targets.allSatisfy { $0.scheme == .maskgit && $0.guidance == 2 && $0.tokens == 784 })
        let result = try #require(try generator.run(request, [:]).first)
        #expect(result.targets.map(\.modality) == ["tok_rgb@224", "det", "tok_clip@448", "tok_rgb@448"])
        for target in result.targets.suffix(2) {
            #expect(target.tokens.count == 784 && target.grid?.rows == 28 && Set(target.tokens).count > 1)
        }
        var without = request
        without.superResolves = false
        let base = try #require(try generator.run(without, [:]).first)
        #expect(base.targets.map(\.tokens) == result.targets.prefix(2).map(\.tokens))
    }

    @Test func settingsOfAFileChooseConditionsAndTargets() throws {
        let config = try ConfigFile(
            yaml: """
                sr_cond_domains: caption-tok_rgb@224
                sr_target_domains: tok_rgb@448
                sr_decoding_steps: 3
                sr_temp_schedules: constant
                sr_cfg_scales: 3.0
                """, file: "sr.yaml")
        let generator = try generator()
        var request = request(["tok_rgb@224"])
        request.superResolutionSettings = try config.superResolutionSettings()
        request.requiresSuperResolutionConditions = true
        request.overrides = SettingOverrides()
        request.overrides.temperature = 0.5
        let settings = try #require(try generator.superResolutionSettings(request))
        #expect(settings.conditions == ["caption", "tok_rgb@224"])
        #expect(settings.targets.map(\.steps) == [3] && settings.targets[0].temperature == 0.5)
        request.inputs.removeFirst()
        let error = #expect(throws: FourMError.self) { try generator.superResolutionSettings(request) }
        #expect(error?.description.contains("'caption' is neither given nor generated") == true)
    }

    @Test func nothingToEnlargeIsNoStage() throws {
        var request = request(["det"])
        request.inputs.removeLast()
        #expect(try generator().superResolutionSettings(request) == nil)
    }

    /// Who listens hears what the second model is given, too.
    @Test func theSecondModelIsRehearsed() throws {
        let fm = SharedData.path("goldens") + "/fm"
        let (first, second) = ("\(fm)/fm7_sr448", "\(fm)/../fm/fm7_sr448")
        let lines = ["model: \(first)", "sr_model: \(second)", "text_tokenizer: \(DemoBundle.folder)/text_tokenizer.json", "box_bins: 100"]
        let file = folder.appendingPathComponent("two.yaml")
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        for superResolves in [true, false] {
            let bundle = try LoadedBundle(path: file.path)
            var heard: [String: Set<String>] = [:]
            bundle.onRun = { source, function, _ in heard[source, default: []].insert(function) }
            let rehearsal = try BundleRehearsal(bundle, superResolves: superResolves)
            for number in 0..<2 { try rehearsal.run(ModelSample(caption: .text("a red cube"), name: "line"), number: number) }
            #expect(heard[first]?.isSuperset(of: ["encode", "embed_encoder.caption", "logits.tok_rgb@224"]) == true)
            let wanted: Set = ["encode", "embed_encoder.caption", "embed_encoder.tok_rgb@224", "logits.tok_rgb@448"]
            #expect(superResolves ? heard[second]?.isSuperset(of: wanted) == true : heard[second] == nil, "\(heard)")
        }
    }

    @Test func emptyAndEndlessTextsGetWhatTheModelExpects() throws {
        let model = try generator().bundle.superResolutionModel()
        let stage = SuperResolution(model: model, settings: GenerationSettings(conditions: ["caption"], targets: []))
        var all = ModalitySet()
        all["caption"] = ModalityBatch(
            .tokens([[3, 0, 0], [40, 41, 42], [40, 3, 0]]),
            inputMask: [[false, true, true], [false, false, false], [false, false, true]],
            targetMask: ModalityBatch.rows(3, 3, true))
        let batch = try #require(try stage.conditions(from: all, end: 3, Sampler.Options())["caption"])
        #expect(batch.tokens == [[5, 3, 0, 0], [40, 41, 42, 3], [40, 3, 0, 0]])
        #expect(batch.inputMask[0] == [false, false, true, true] && batch.inputMask[1].allSatisfy { !$0 })
    }
}
