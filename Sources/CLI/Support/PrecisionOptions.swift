import ArgumentParser
import Passes

/// `--precision f32|bf16|int8|int4`
struct PrecisionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Products of dense layers: f32; bf16 (weights, and activations where the machine multiplies bf16); int8 (weights per "
                + "channel, activations per token; attention too, and keys of a text's context in bf16 as with bf16); int4 (weights with a scale for "
                + "each 32 inputs; activations f32).",
            valueName: "f32|bf16|int8|int4"))
    var precision = Precision.f32
}

extension Precision: ExpressibleByArgument {}
