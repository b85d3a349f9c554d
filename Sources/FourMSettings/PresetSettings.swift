import FourMSampling

/// Preset generation settings. Source: the demonstration sampler, `fourm/demo_4M_sampler.py`.
package enum PresetSettings {
    /// What is known about the image, which decides how boldly to sample.
    package enum Direction: String, Codable, Hashable, Sendable, CaseIterable {
        /// The image is given, as pixels or tokens: its other modalities are nearly determined.
        case fromRGB
        /// The image itself is to be imagined.
        case toRGB
        /// From 224 to 448 pixels.
        case superResolution

        /// The direction that a set of conditions implies at the base resolution.
        package init(conditions: some Sequence<String>) {
            self = conditions.contains { $0 == "rgb@224" || $0 == "tok_rgb@224" } ? .fromRGB : .toRGB
        }
    }

    /// Share of probability kept when sampling.
    package static let topP = 0.8

    /// The order in which targets follow each other. Global features are generated on request only.
    package static let order = [
        "tok_clip@224", "tok_dinov2@224", "tok_imagebind@224", "tok_depth@224", "tok_normal@224", "tok_semseg@224",
        "tok_canny_edge@224", "tok_sam_edge@224", "tok_rgb@224", "caption", "det", "human_poses",
        "sam_instance", "color_palette", "metadata",
    ]

    /// The order of the super-resolution targets.
    package static let superResolutionOrder = [
        "tok_clip@448", "tok_depth@448", "tok_normal@448", "tok_semseg@448", "tok_rgb@448",
    ]

    /// The preset for one target.
    ///
    /// Image tokens where the image is given have no preset in the reference; they take those of `toRGB`. The global
    /// features, which its sampler leaves out, take those of the corresponding feature map with their 16 tokens.
    /// - Throws: `SettingsError.noPreset`.
    package static func plan(for target: String, direction: Direction) throws(SettingsError) -> TargetPlan {
        let plan =
            switch direction {
            case .superResolution: superResolutionPlan(target)
            case .fromRGB: sequencePlan(target) ?? fromRGBPlan(target) ?? toRGBPlan(target) ?? superResolutionPlan(target)
            case .toRGB: sequencePlan(target) ?? toRGBPlan(target) ?? superResolutionPlan(target)
            }
        guard let plan else { throw .noPreset(target: target) }
        return plan
    }

    /// Everything that the models in `modalities` can add to the conditions, in the usual order.
    ///
    /// With pixels given, image tokens are not generated.
    package static func targets(conditions: [String], modalities: Set<String>) -> [String] {
        order.filter { target in
            modalities.contains(target) && !conditions.contains(target)
                && !(target == "tok_rgb@224" && conditions.contains("rgb@224"))
        }
    }

    /// The 448-pixel versions of those `conditions` that have one in `modalities`.
    package static func superResolutionTargets(conditions: [String], modalities: Set<String>) -> [String] {
        superResolutionOrder.filter { target in
            modalities.contains(target) && conditions.contains(ModalityInfo.baseName(of: target) + "@224")
        }
    }

    /// Settings for a list of targets.
    /// - Parameter direction: nil lets the conditions decide.
    /// - Throws: `SettingsError.noPreset`.
    package static func settings(
        conditions: [String], targets: [String], direction: Direction? = nil
    ) throws(SettingsError) -> GenerationSettings {
        let direction = direction ?? Direction(conditions: conditions)
        var plans: [TargetPlan] = []
        for target in targets { plans.append(try plan(for: target, direction: direction)) }
        return GenerationSettings(conditions: conditions, targets: plans, topP: topP)
    }

    private static let maps = [
        "tok_depth@224", "tok_normal@224", "tok_semseg@224", "tok_canny_edge@224", "tok_sam_edge@224",
    ]
    private static let features = ["tok_dinov2@224", "tok_imagebind@224"]
    private static let globals = ["tok_dinov2_global", "tok_imagebind_global"]

    private static func fromRGBPlan(_ target: String) -> TargetPlan? {
        switch target {
        case "tok_clip@224": roar(target, 196, steps: 1, 0.01)
        case _ where maps.contains(target): roar(target, 196, steps: 1, 0.01)
        case _ where features.contains(target): roar(target, 256, steps: 1, 0.01)
        case _ where globals.contains(target): roar(target, 16, steps: 1, 0.01)
        default: nil
        }
    }

    private static func toRGBPlan(_ target: String) -> TargetPlan? {
        let falling = TemperatureSchedule.oneOverX(minimum: 0.5, power: 0.5)
        return switch target {
        case "tok_clip@224": roar(target, 196, steps: 50, 5, falling, guidance: 3)
        case "tok_rgb@224": roar(target, 196, steps: 25, 3, falling)
        case _ where maps.contains(target): roar(target, 196, steps: 8, 3, falling)
        case _ where features.contains(target): roar(target, 256, steps: 8, 0.01)
        case _ where globals.contains(target): roar(target, 16, steps: 8, 0.01)
        default: nil
        }
    }

    private static func superResolutionPlan(_ target: String) -> TargetPlan? {
        guard superResolutionOrder.contains(target) else { return nil }
        return TargetPlan(
            target: target, tokens: 784, scheme: .maskgit, steps: 8, tokenSchedule: .cosine, guidance: 2)
    }

    private static func sequencePlan(_ target: String) -> TargetPlan? {
        let values: (tokens: Int, temperature: Double)? =
            switch target {
            case "caption", "det": (256, 0.3)
            case "human_poses": (275, 0.1)
            case "sam_instance": (256, 0.01)
            case "color_palette": (23, 0.1)
            case "metadata": (40, 0.1)
            default: nil
            }
        return values.map {
            TargetPlan(target: target, tokens: $0.tokens, scheme: .autoregressive, temperature: $0.temperature)
        }
    }

    private static func roar(
        _ target: String, _ tokens: Int, steps: Int, _ temperature: Double,
        _ schedule: TemperatureSchedule = .constant, guidance: GuidanceScale = 2
    ) -> TargetPlan {
        TargetPlan(
            target: target, tokens: tokens, scheme: .roar, steps: steps, tokenSchedule: .linear,
            temperature: temperature, temperatureSchedule: schedule, guidance: guidance)
    }
}
