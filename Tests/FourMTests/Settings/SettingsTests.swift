import Foundation
import Testing

@testable import FourMSampling
@testable import FourMSettings

@Suite struct SettingsTests {
    static let base = """
        name: auto
        cond_domains: det-caption
        target_domains: tok_clip@224-tok_rgb@224-caption  # three
        tokens_per_target: 196
        autoregression_schemes: roar-maskgit-autoregressive
        decoding_steps: 49-25-None
        token_decoding_schedules: linear-cosine-None
        temps: 6.0-0.5-3e-1
        temp_schedules: onex:0.5:0.5-constant-linear
        cfg_scales: 3
        cfg_schedules: constant
        cfg_grow_conditioning: True
        top_p: 0.9
        top_k: 0.0
        """

    @Test func readsBaseSettings() throws {
        let text = Self.base.replacingOccurrences(of: "6.0-0.5-3e-1", with: "6.0-0.5-0.3")
        let settings = try #require(try ConfigFile(yaml: text, file: "base.yaml").baseSettings())
        #expect(settings.conditions == ["caption", "det"])
        #expect(settings.growConditioning && settings.topP == 0.9 && settings.topK == .off)
        #expect(
            settings.targets == [
                TargetPlan(
                    target: "tok_clip@224", tokens: 196, scheme: .roar, steps: 49, tokenSchedule: .linear,
                    temperature: 6, temperatureSchedule: .oneOverX(minimum: 0.5, power: 0.5), guidance: 3),
                TargetPlan(
                    target: "tok_rgb@224", tokens: 196, scheme: .maskgit, steps: 25, tokenSchedule: .cosine,
                    temperature: 0.5, guidance: 3),
                TargetPlan(
                    target: "caption", tokens: 196, scheme: .autoregressive, temperature: 0.3,
                    temperatureSchedule: .linear, guidance: 3),
            ])
        #expect(try settings.schedule().steps.count == 49 + 25 + 1)
    }

    @Test func hyphensInsideNumbersOfAListAreRefused() throws {
        #expect(throws: SettingsError.listLength(key: "temps", count: 4, targets: 3)) {
            try ConfigFile(yaml: Self.base, file: "base.yaml").baseSettings()
        }
    }

    @Test func superResolutionFollowsTheBase() throws {
        let base = try ConfigFile(yaml: "cond_domains: caption\ntarget_domains: tok_rgb@224\ntemps: 1.0", file: "a")
        let sr = try ConfigFile(
            yaml: """
                sr_cond_domains: null
                sr_target_domains: tok_clip@448-tok_rgb@448
                sr_temps: 1e-3
                sr_top_k: 5
                sr_cfg_grow_conditioning: false
                """, file: "b")
        let settings = try #require(try base.overlaid(by: sr).superResolutionSettings())
        #expect(settings.conditions == ["caption", "tok_rgb@224"])
        #expect(settings.topK == .count(5) && !settings.growConditioning)
        #expect(settings.targets.map(\.temperature) == [0.001, 0.001])
        #expect(settings.targets.allSatisfy { $0.tokens == 784 && $0.scheme == .maskgit && $0.steps == 8 })
        #expect(try sr.baseSettings() == nil)
    }

    @Test func readsModels() throws {
        let file = try ConfigFile(
            yaml: """
                model: EPFL-VILAB/4M-7_B_CC12M
                sr_model: null
                edges_tok_id: edges
                human_poses_tok_id: poses
                detokenizer_steps: 50
                log_wandb: False
                """, file: "models.yaml")
        let sources = try file.modelSources()
        #expect(sources.model == "EPFL-VILAB/4M-7_B_CC12M" && sources.superResolutionModel == nil)
        #expect(
            sources.tokenizers == ["tok_canny_edge": "edges", "tok_sam_edge": "edges", "human_poses": "poses"])
        #expect(sources.detokenizerSteps == 50 && sources.imageSize == 224)
        #expect(file.ignoredKeys == ["log_wandb"])
    }

    @Test func refusesBadFiles() {
        func error(_ yaml: String) -> SettingsError? {
            #expect(throws: SettingsError.self) { try ConfigFile(yaml: yaml, file: "f.yaml").baseSettings() }
        }
        #expect(error("temp: 3") == .inFile("f.yaml", .unknownKey(key: "temp", allowed: ["temp_schedules", "temps"])))
        let twice = error("seed: 1\ntemps: 2\nseed: 3")?.description
        #expect(twice == "f.yaml: not valid YAML: line 3: the key 'seed' is there twice; take one out")
        #expect(error("target_domains: [a, b]")?.description.contains("join several with '-'") == true)
        #expect(error("- a\n- b")?.description.hasPrefix("f.yaml: ") == true)
        #expect(error("a: [")?.description.hasPrefix("f.yaml: not valid YAML") == true)
        #expect(error("target_domains: tok_rgb@224")?.description.contains("'temps' is missing") == true)
        #expect(
            error("target_domains: tok_rgb@224\ntemps: hot")
                == .value(key: "temps", value: "hot", allowed: "a finite number"))
        #expect(
            error("target_domains: tok_rgb@224\ntemps: 1\ncfg_schedules: cosine")
                == .schedule(.guidanceScheduleNotSupported(target: "tok_rgb@224", name: "cosine")))
    }

    @Test func settingsSurviveJSON() throws {
        var settings = try PresetSettings.settings(
            conditions: ["caption"], targets: ["tok_clip@224", "tok_rgb@224", "det"])
        for topK in [TopKLimit.off, .count(40), .fraction(1)] {
            settings.topK = topK
            settings.targets[0].guidance = [2, -1]
            let data = try JSONEncoder().encode(settings)
            #expect(try JSONDecoder().decode(GenerationSettings.self, from: data) == settings)
        }
    }

    @Test func everyTargetHasAPreset() throws {
        let outputs = (ModalityTable.fourM7 + ModalityTable.fourM21).filter(\.isOutput)
        for info in outputs {
            for direction in [PresetSettings.Direction.fromRGB, .toRGB] {
                let plan = try PresetSettings.plan(for: info.name, direction: direction)
                #expect((plan.scheme == .autoregressive) == info.isSequence)
                if !info.isSequence { #expect(plan.tokens == info.tokenCount()) }
                _ = try plan.counts()
            }
        }
        for info in ModalityTable.superResolution where info.isOutput {
            let plan = try PresetSettings.plan(for: info.name, direction: .superResolution)
            #expect(plan.tokens == info.tokenCount() && plan.scheme == .maskgit)
        }
        #expect(throws: SettingsError.noPreset(target: "rgb@224")) {
            try PresetSettings.plan(for: "rgb@224", direction: .toRGB)
        }
    }

    @Test func presetTargets() {
        let all = Set(ModalityTable.fourM7.map(\.name))
        #expect(
            PresetSettings.targets(conditions: ["rgb@224"], modalities: all)
                == ["tok_clip@224", "tok_depth@224", "tok_normal@224", "tok_semseg@224", "caption", "det"])
        #expect(PresetSettings.targets(conditions: ["caption"], modalities: all).contains("tok_rgb@224"))
        #expect(PresetSettings.Direction(conditions: ["tok_rgb@224", "det"]) == .fromRGB)
        #expect(
            PresetSettings.superResolutionTargets(
                conditions: ["tok_rgb@224", "tok_clip@224"],
                modalities: ["tok_clip@448", "tok_rgb@448", "tok_depth@448"]) == ["tok_clip@448", "tok_rgb@448"])
    }
}
