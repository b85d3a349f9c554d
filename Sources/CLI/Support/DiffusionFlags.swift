import ArgumentParser
import Foundation
import FourM

/// Flags that steer diffusion decoders.
struct DiffusionFlags: ParsableArguments {
    @Option(name: .customLong("diffusion-steps"), help: ArgumentHelp("Denoising steps of diffusion decoders.", valueName: "n"))
    var steps: Int?

    @Option(name: .customLong("diffusion-scheduler"), help: ArgumentHelp("ddim, ddpm or pndm, for diffusion decoders.", valueName: "name"))
    var scheduler: String?

    @Option(
        name: .customLong("diffusion-timesteps"),
        help: ArgumentHelp("Which timesteps are visited: leading, trailing or linspace (ddpm: always leading).", valueName: "mode"))
    var timesteps: String?

    @Option(
        name: .customLong("diffusion-guidance"),
        help: ArgumentHelp("Scale of guidance, for decoders that were trained for it; 1 turns it off.", valueName: "scale"))
    var guidance: Double?

    @Option(
        name: .customLong("diffusion-rescale"),
        help: ArgumentHelp("With guidance: share of 0 to 1 by which contrast is brought back to normal.", valueName: "share"))
    var rescale: Double?

    func validate() throws {
        try Validate.wholeNumbers([("--diffusion-steps", steps, 1...1_000_000)])
        if let scheduler, kind == nil { throw ValidationError("--diffusion-scheduler must be ddim, ddpm or pndm, not '\(scheduler)'.") }
        if let timesteps, mode == nil {
            throw ValidationError("--diffusion-timesteps must be leading, trailing or linspace, not '\(timesteps)'.")
        }
        if let guidance, !(guidance >= 0 && guidance.isFinite) {
            throw ValidationError("--diffusion-guidance must be a number from 0, not \(guidance).")
        }
        guard let rescale else { return }
        guard (0...1).contains(rescale) else { throw ValidationError("--diffusion-rescale must be between 0 and 1, not \(rescale).") }
        if guidance == nil { throw ValidationError("--diffusion-rescale needs --diffusion-guidance.") }
    }

    var kind: SchedulerKind? { scheduler.flatMap { SchedulerKind(rawValue: $0) } }

    var mode: TimestepMode? { timesteps.flatMap { TimestepMode(rawValue: $0) } }

    var diffusionGuidance: DiffusionGuidance? { guidance.map { DiffusionGuidance(scale: $0, rescale: rescale ?? 0) } }
}

extension PixelSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
