import Formats
import IR

/// Noise schedule and sampler of a diffusion decoder, for the program that runs it.
struct DiffusionSettings {
    let metadata: Attributes

    enum Prediction: String, CaseIterable {
        case sample, epsilon
        case velocity = "v_prediction"
    }

    enum Scheduler: String, CaseIterable { case ddpm, ddim, pndm }

    /// - Parameters:
    ///   - channels: of the picture.
    ///   - factor: sizes that the decoder takes are multiples of it.
    init(_ config: Config, channels: Int, factor: Int) throws {
        let schedule = try config.string("beta_schedule", default: "squaredcos_cap_v2")
        try Self.check(schedule, config)
        let size = try config.optionalPair("image_size_dec") ?? config.optionalPair("image_size") ?? (224, 224)
        metadata = Attributes(facts: [
            .scheduler: .string(try config.choice("scheduler", default: Scheduler.ddpm).rawValue),
            .betaSchedule: .string(schedule),
            .predictionType: .string(try config.choice("prediction_type", default: Prediction.velocity).rawValue),
            .trainingSteps: .int(try config.size("num_train_timesteps", default: 1000, in: 1...1_000_000)),
            .thresholding: .bool(try config.bool("thresholding", default: true)),
            .clipSample: .bool(try config.bool("clip_sample", default: false)),
            .zeroTerminalSNR: .bool(try config.bool("zero_terminal_snr", default: true)),
            .guidanceDropout: .float(try config.double("cls_free_guidance_dropout", default: 0)),
            .imageSize: .ints([size.height, size.width]), .channels: .int(channels),
            .sizeMultiple: .int(factor),
        ])
    }

    private static func check(_ schedule: String, _ config: Config) throws {
        if ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"].contains(schedule) { return }
        let prefix = "shifted_cosine:"
        if schedule.hasPrefix(prefix), let shift = Double(schedule.dropFirst(prefix.count)), shift > 0, shift.isFinite {
            return
        }
        throw config.badValue(
            "beta_schedule", "linear, scaled_linear, squaredcos_cap_v2, sigmoid or shifted_cosine:<shift>")
    }
}
