import Foundation
import FourMModels
import FourMSampling
import FourMText
import IR

/// Complete runs of the sampler at temperature 0, replaying the positions that the reference chose.
enum GenerationRunner: CaseRunner {
    static let kinds = ["generation_run"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let model = try FourMModel(golden.plan())
        let (inputs, outputs) = (try golden.inputs(), try golden.outputs())
        let tokenizer = try golden.textTokenizer()
        for run in try golden.parameters.sections("runs") {
            let name = try run.text("name")
            let set = try ModalitySet(run.texts("mod_order"), model, inputs, prefix: "\(name).", pixels: inputs["rgb"])
            let sampler = Sampler(model, options: Replay.options(tokenizer) { inputs["\(name).step\($0).positions"]?.rows })
            var final = ModalitySet()
            let steps = try Replay.steps(of: sampler) { final = try sampler.generate(set, schedule: Replay.schedule(run)) }
            for step in steps { Replay.compare(step, "\(name).", outputs, &report) }
            report.check(steps.count == (try run.sections("steps").count), "\(name): \(steps.count) steps")
            report.check(final.names == (try run.texts("final_mod_order")), "\(name): the final order is \(final.names)")
            for modality in final.names { report.compare("\(name).final.\(modality).", final[modality], outputs) }
            try compareTexts(run, final, tokenizer, &report)
        }
        report.requireAll(outputs)
    }

    private static func compareTexts(
        _ run: Parameters, _ final: ModalitySet, _ tokenizer: TextTokenizer, _ report: inout CaseReport
    ) throws {
        for (modality, expected) in try run.section("decoded_text") {
            guard let batch = final[modality], let expected = expected as? [String] else {
                report.fail("\(try run.text("name")).\(modality): there is no text to compare")
                continue
            }
            let texts = batch.tokens.indices.map { row in
                tokenizer.decodeText(ids: batch.tokens[row], inputMask: batch.inputMask[row], targetMask: batch.targetMask[row]).merged
            }
            report.check(texts == expected, "\(modality): decoded text is \(texts), expected \(expected)")
        }
    }
}

/// Generation under several weighted conditions.
enum MultiGuidedRunner: CaseRunner {
    static let kinds = ["generation_multi_guided"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let model = try FourMModel(golden.plan())
        let (inputs, outputs) = (try golden.inputs(), try golden.outputs())
        let tokenizer = try golden.textTokenizer()
        let parameters = golden.parameters
        let base = try ModalitySet(parameters.texts("uncond_mods"), model, inputs, prefix: "uncond.")
        guard let names = parameters["cond_mods"] as? [[String]] else { throw ConformanceError("the case has no cond_mods") }
        let conditions = try names.enumerated().map { try ModalitySet($0.element, model, inputs, prefix: "cond\($0.offset).") }

        let sampler = Sampler(model, options: Replay.options(tokenizer) { inputs["step\($0).positions"]?.rows })
        let schedule = try Replay.schedule(parameters)
        var final = ModalitySet()
        let steps = try Replay.steps(of: sampler) {
            final = try sampler.generateMultiGuided(base, conditions: conditions, schedule: schedule)
        }
        for step in steps { Replay.compare(step, "", outputs, &report) }
        for name in final.names { report.compare("final.\(name).", final[name], outputs) }

        let roar = try parameters.section("roar_step")
        sampler.options.replayedPositions = { _ in inputs["roar.order"]?.rows }
        let step = GenerationStep(
            target: schedule.steps.first?.target ?? "", scheme: .roar, numTokens: try roar.integer("num_select"), temperature: 0,
            cfgScale: .weights(try roar.numbers("weights")), cfgConditionDomains: [])
        let first = try Replay.steps(of: sampler) {
            _ = try sampler.generateMultiGuided(base, conditions: conditions, schedule: ChainedSchedule(steps: [step]))
        }.first
        report.compare("roar.logits", first?.logits, outputs["roar.logits"])
        report.compare("roar.tokens", first.map { Tensor(rows: $0.tokens) }, outputs["roar.tokens"])
        report.requireAll(outputs)
    }
}

/// What replays of recorded generations share.
private enum Replay {
    /// The reference's behaviour, at the recorded positions.
    static func options(_ tokenizer: TextTokenizer, _ positions: @escaping @Sendable (Int) -> [[Int]]?) -> Sampler.Options {
        var options = Sampler.Options()
        options.sentinels = tokenizer.sentinels
        options.firstSentinel = tokenizer.sentinels.first ?? options.firstSentinel
        options.paddingID = tokenizer.paddingID ?? options.paddingID
        options.keepsTokensAfterEnd = true
        options.replayedPositions = positions
        return options
    }

    /// What `sampler` reports while `body` runs it.
    static func steps(of sampler: Sampler, _ body: () throws -> Void) rethrows -> [Sampler.Progress] {
        var steps: [Sampler.Progress] = []
        sampler.onStep = { steps.append($0) }
        defer { sampler.onStep = nil }
        try body()
        return steps
    }

    static func schedule(_ parameters: Parameters) throws -> ChainedSchedule {
        ChainedSchedule(
            steps: try parameters.sections("schedule").map { step in
                let weights = (step["cfg_scale"] as? [NSNumber])?.map(\.doubleValue)
                return GenerationStep(
                    target: try step.text("target_domain"), scheme: try DecodingScheme(name: step.text("scheme")),
                    numTokens: (step["num_tokens"] as? NSNumber)?.intValue, temperature: try step.number("temperature"),
                    cfgScale: try weights.map { .weights($0) } ?? .single(step.number("cfg_scale")),
                    cfgConditionDomains: step["cfg_cond_domains"] as? [String] ?? [])
            })
    }

    static func compare(_ step: Sampler.Progress, _ prefix: String, _ outputs: [String: Tensor], _ report: inout CaseReport) {
        let name = "\(prefix)step\(step.step)"
        let key = outputs["\(name).raw"] == nil ? "tokens" : "raw"
        report.compare("\(name).\(key)", Tensor(rows: step.tokens), outputs["\(name).\(key)"])
        if let expected = outputs["\(name).logits"] { report.compare("\(name).logits", step.logits, expected) }
    }
}
