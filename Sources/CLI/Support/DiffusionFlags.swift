import ArgumentParser
import Foundation
import FourMModels
import FourMSampling

/// Flags that steer diffusion decoders.
struct DiffusionFlags: ParsableArguments {
    @Option(
        name: .customLong("diffusion-steps"), parsing: .unconditional,
        help: ArgumentHelp("Denoising steps of diffusion decoders.", valueName: "n"), transform: OptionValue.whole(1...1_000_000))
    var steps: Int?

    @Option(name: .customLong("diffusion-scheduler"), help: ArgumentHelp("ddim, ddpm or pndm, for diffusion decoders.", valueName: "name"))
    var scheduler: String?

    @Option(
        name: .customLong("diffusion-timesteps"),
        help: ArgumentHelp("Which timesteps are visited: leading, trailing or linspace (ddpm: always leading).", valueName: "mode"))
    var timesteps: String?

    @Option(
        name: .customLong("diffusion-guidance"),
        parsing: .unconditional,
        help: ArgumentHelp("Scale of guidance, for decoders that were trained for it; 1 turns it off.", valueName: "scale"),
        transform: OptionValue.number("a number from 0") { $0 >= 0 })
    var guidance: Double?

    @Option(
        name: .customLong("diffusion-rescale"),
        parsing: .unconditional,
        help: ArgumentHelp("With guidance: share of 0 to 1 by which contrast is brought back to normal.", valueName: "share"),
        transform: OptionValue.number(0...1))
    var rescale: Double?

    func validate() throws {
        if let scheduler, kind == nil { throw ValidationError("--diffusion-scheduler must be ddim, ddpm or pndm, not '\(scheduler)'") }
        if let timesteps, mode == nil {
            throw ValidationError("--diffusion-timesteps must be leading, trailing or linspace, not '\(timesteps)'")
        }
        try check(scheduler: kind)
        if rescale != nil, guidance == nil { throw ValidationError("--diffusion-rescale needs --diffusion-guidance") }
    }

    /// - Throws: `ValidationError` for timesteps that `scheduler` does not know.
    private func check(scheduler: SchedulerKind?) throws {
        guard scheduler == .ddpm, let mode, mode != .leading else { return }
        throw ValidationError(
            "--diffusion-timesteps \(mode.rawValue): ddpm knows leading timesteps only; leave it out, or take another scheduler")
    }

    private var given: [(String, Bool)] {
        [
            ("--diffusion-steps", steps != nil), ("--diffusion-scheduler", scheduler != nil), ("--diffusion-timesteps", timesteps != nil),
            ("--diffusion-guidance", guidance != nil),
        ]
    }

    var isGiven: Bool { given.contains(where: \.1) }

    /// Refuses flags that none of `decoders` can use.
    /// - Parameters:
    ///   - others: more flags for diffusion decoders, and whether they were given.
    ///   - what: what the decoders make.
    /// - Throws: `ValidationError` naming the flag.
    func check(_ decoders: [TokenizerModel], others: [(String, Bool)] = [], what: String) throws {
        let kinds = decoders.compactMap { $0.schedulerKind(kind) }
        if let first = kinds.first, kinds.allSatisfy({ $0 == first }) { try check(scheduler: first) }
        guard kinds.isEmpty, let flag = (given + others).first(where: \.1)?.0 else { return }
        throw ValidationError("\(flag) is for diffusion decoders; none is in use for \(what)")
    }

    var kind: SchedulerKind? { scheduler.flatMap { SchedulerKind(rawValue: $0) } }

    var mode: TimestepMode? { timesteps.flatMap { TimestepMode(rawValue: $0) } }

    var diffusionGuidance: DiffusionGuidance? { guidance.map { DiffusionGuidance(scale: $0, rescale: rescale ?? 0) } }
}
