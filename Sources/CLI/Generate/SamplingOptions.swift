import ArgumentParser
import FourM
import FourMSampling
import FourMSettings

/// Flags that change how targets are sampled and decoded.
struct SamplingOptions: ParsableArguments {
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Decoding steps of each image-like target.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var steps: Int?

    @Option(help: ArgumentHelp("maskgit or roar, for image-like targets.", valueName: "name"))
    var scheme: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Sampling temperature; 0 takes the most probable token.", valueName: "t"),
        transform: OptionValue.number("a number from 0") { $0 >= 0 })
    var temperature: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Keep the most probable tokens up to this share of probability.", valueName: "p"),
        transform: OptionValue.number(0...1))
    var topP: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Keep this many most probable tokens (a whole number) or this share (with a point).", valueName: "k"))
    var topK: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Scale of classifier-free guidance; 1 turns it off.", valueName: "scale"),
        transform: OptionValue.number())
    var cfg: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Most tokens of a text.", valueName: "n"), transform: OptionValue.whole(1...1_000_000))
    var maxTokens: Int?

    @OptionGroup var diffusion: DiffusionFlags

    @Flag(help: "Decode pictures with the bundle's faster one-pass decoders.")
    var preview = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Samples computed together.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var batch: Int = 8

    @Flag(help: "Generate each target from the inputs alone, not one after the other.")
    var independent = false

    @Flag(help: "Ignore EXIF orientation, as the reference does.")
    var ignoreOrientation = false

    func validate() throws {
        if temperature == 0, let flag = [("--top-p", topP != nil), ("--top-k", topK != nil)].first(where: \.1)?.0 {
            throw ValidationError("\(flag) has no effect with --temperature 0, which takes the most probable token")
        }
        if let scheme, !["maskgit", "roar"].contains(scheme) {
            throw ValidationError("--scheme must be maskgit or roar, not '\(scheme)'; texts are always autoregressive")
        }
        if let topK, SamplingOptions.parse(topK: topK) == nil {
            throw ValidationError("--top-k must be a count or a share, not '\(topK)'")
        }
    }

    /// Refuses flags that no target of the two stages can use.
    /// - Throws: `ValidationError` naming the flag; what loading the decoders throws.
    func check(_ base: GenerationSettings, _ second: GenerationSettings?, _ request: GenerationRequest, _ generator: Generator) throws {
        let targets = base.targets + (second?.targets ?? [])
        let names = targets.map { "'\($0.target)'" }.joined(separator: ", ")
        let (hasTexts, hasImages) = (targets.contains { $0.scheme == .autoregressive }, targets.contains { $0.scheme != .autoregressive })
        if !hasImages, let flag = [("--scheme", scheme != nil), ("--steps", steps != nil)].first(where: \.1)?.0 {
            throw ValidationError("\(flag) is for image-like targets; \(names): texts are written token by token")
        }
        if !hasTexts, maxTokens != nil { throw ValidationError("--max-tokens is for texts; none is among the targets \(names)") }
        try checkCounts(base, second, generator)
        if cfg ?? 1 != 1, request.inputs.isEmpty, isIndependent(base) {
            throw ValidationError("--cfg has no effect: nothing is given that could guide")
        }
        if preview { try checkPreview(targets, generator.bundle.bundle) }
        guard diffusion.isGiven else { return }
        let decoders = try [base, second].compactMap { $0 }.flatMap { try generator.decoders(request, $0) }
        try diffusion.check(decoders, what: names)
    }

    private func isIndependent(_ settings: GenerationSettings) -> Bool { independent || settings.targets.count == 1 }

    /// Refuses counts beyond what the targets have.
    private func checkCounts(_ base: GenerationSettings, _ second: GenerationSettings?, _ generator: Generator) throws {
        let bundle = generator.bundle
        let stages = try [(base, bundle.modalities())] + (second.map { [($0, try bundle.superResolutionModalities())] } ?? [])
        let sizes = stages.flatMap { settings, known in
            settings.targets.map { (isText: $0.scheme == .autoregressive, tokens: known[$0.target]?.maxTokens ?? 0) }
        }
        let (texts, images) = (sizes.filter(\.isText).map(\.tokens).max() ?? 0, sizes.filter { !$0.isText }.map(\.tokens).max() ?? 0)
        if let steps, steps > images {
            throw ValidationError("--steps must be at most \(images), the tokens of the largest target, not \(steps)")
        }
        // A text's target also holds its start and end.
        if let maxTokens, maxTokens > texts + 2 {
            throw ValidationError("--max-tokens must be at most \(texts + 2), which is what the longest text has, not \(maxTokens)")
        }
    }

    private func checkPreview(_ targets: [TargetPlan], _ bundle: FourM.Bundle) throws {
        guard !targets.contains(where: { bundle.previewDecoders[ModalityInfo.baseName(of: $0.target)] != nil }) else { return }
        let known = bundle.previewDecoders.keys.sorted().joined(separator: ", ")
        throw ValidationError(
            "--preview: bundle '\(bundle.name)' has no preview decoder for \(targets.map { "'\($0.target)'" }.joined(separator: ", ")); "
                + (known.isEmpty ? "it has none" : "it has: \(known)"))
    }

    static func parse(topK: String) -> TopKLimit? {
        if let count = Int(topK) { return count == 0 ? .off : count > 0 ? .count(count) : nil }
        guard let share = Double(topK), share >= 0, share <= 1 else { return nil }
        return share == 0 ? .off : .fraction(share)
    }

    var overrides: SettingOverrides {
        var made = SettingOverrides()
        (made.steps, made.temperature, made.guidance, made.topP, made.maxTokens) = (steps, temperature, cfg, topP, maxTokens)
        made.scheme = scheme.flatMap { DecodingScheme(rawValue: $0) }
        made.topK = topK.flatMap { SamplingOptions.parse(topK: $0) }
        return made
    }

    /// A request with these options.
    var request: GenerationRequest {
        var request = GenerationRequest()
        request.overrides = overrides
        request.diffusionSteps = diffusion.steps
        request.diffusionScheduler = diffusion.kind
        request.diffusionMode = diffusion.mode
        request.diffusionGuidance = diffusion.diffusionGuidance
        request.usesPreviewDecoders = preview
        request.ignoresOrientation = ignoreOrientation
        request.isIndependent = independent
        request.batchSize = batch
        return request
    }
}
