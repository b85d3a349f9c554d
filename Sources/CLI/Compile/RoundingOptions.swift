import ArgumentParser
import Calibration
import Passes
import Runtime

/// How `compile` rounds weights, and what for.
struct RoundingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Round weights for what they are multiplied by, instead of to the nearest: of a bundle, a 4M model or a tokenizer, pictures "
                + "and captions that it is run over: a folder, a pattern, or a .txt with a caption a line; else a folder of recorded inputs, "
                + "an .npz or .safetensors file for each call, in a folder FUNCTION if there are several functions; may be repeated.",
            valueName: "place"))
    var calibrate: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most pictures and captions, or calls of a function, that --calibrate looks at. Default: 64.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "How --calibrate chooses the range of a layer's inputs for int8-static: min-max, percentile (all but the outermost), mse (the smallest squared "
                + "error) or entropy (levels that tell most).",
            valueName: "min-max|percentile|mse|entropy"))
    var observer: Observer?

    @Flag(
        help:
            "Let --calibrate move scales of channels between norms and the weights behind them, where that makes rounding both better (SmoothQuant, AWQ)."
    )
    var smooth = false

    @Option(
        help: ArgumentHelp(
            "Give layers more than --precision says, where --calibrate tells that it matters most: error=X raises as few as keep the relative error of "
                + "every result below X (of tokens, the share that differs); size=N, or bits=N for each weight of the layers on average, as many as "
                + "that allows; speed those that rounding does not make faster on this machine, speed=N as many as leave N times the speed of f32.",
            valueName: "error=x|size=n|bits=n|speed[=n]"),
        transform: OptionValue.budget)
    var budget: Budget?

    @Option(help: ArgumentHelp("Write what rounding did as a page with plots.", valueName: "file.html"))
    var report: String?

    /// - Parameter set: what is compiled for.
    /// - Throws: `ValidationError` for options without effect.
    func check(_ compute: PrecisionOptions, for set: Machine.InstructionSet) throws {
        if let report, !report.lowercased().hasSuffix(".html") { throw ValidationError("--report \(report): the page must end in .html") }
        if report != nil, !compute.policy.schemes.contains(where: { calibrate.isEmpty ? $0.isInteger : $0.isCompensated }) {
            throw ValidationError("--report tells what rounding did; give --precision int8 or int4 too, or bf16 with --calibrate")
        }
        if budget != nil, calibrate.isEmpty { throw ValidationError("--budget measures on data; give --calibrate too") }
        if case .bits(let bits) = budget, bits < compute.bits {
            throw ValidationError(
                "--budget bits=\(OptionValue.short(bits)): \(compute.policy) has \(OptionValue.short(compute.bits)) bits a weight before any "
                    + "layer is raised; give more"
            )
        }
        if case .speed = budget, set != Machine.active {
            throw ValidationError("--budget speed times layers with this machine's kernels (\(Machine.active.name)); leave --target out")
        }
        if smooth, calibrate.isEmpty { throw ValidationError("--smooth looks at inputs of layers; give --calibrate too") }
        let isStatic = compute.policy.schemes.contains(.int8Static)
        if isStatic, calibrate.isEmpty {
            throw ValidationError("int8-static takes ranges of activations from data; give --calibrate too, or take int8")
        }
        if observer != nil, !isStatic {
            throw ValidationError("--observer chooses ranges for int8-static; give --precision int8-static, or an --override, too")
        }
        if samples != nil, calibrate.isEmpty { throw ValidationError("--samples is for --calibrate; give that too") }
        if !calibrate.isEmpty, !compute.policy.schemes.contains(where: \.isCompensated) {
            throw ValidationError("--calibrate rounds weights; give --precision int8, int4 or bf16 too")
        }
    }

    /// nil where weights are rounded to the nearest.
    var calibration: CalibrationData? {
        calibrate.isEmpty ? nil : CalibrationData(places: calibrate, samples: samples ?? 64)
    }
}

extension Observer: ExpressibleByArgument {}
