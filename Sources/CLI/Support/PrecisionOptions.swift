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

    @Option(
        help: ArgumentHelp(
            "Another scheme for the layers whose name fits a pattern, in which * stands for anything: f32, bf16, int8, int8-full (full range on "
                + "machines without VNNI too), w8 (8-bit weights alone) or int4; may be repeated, the last that fits counts.",
            valueName: "pattern=scheme"),
        transform: OptionValue.override)
    var override: [PrecisionPolicy.Override] = []

    var policy: PrecisionPolicy { PrecisionPolicy(precision, overrides: override) }

    /// The flags that were given, as they were.
    var given: [String] {
        (precision == .f32 ? [] : ["--precision \(precision.rawValue)"]) + override.map { "--override \($0.pattern)=\($0.scheme.rawValue)" }
    }
}

extension OptionValue {
    /// `pattern=scheme`; the pattern may hold equals signs.
    static let override: Reader<PrecisionPolicy.Override> = { text in
        guard let place = text.lastIndex(of: "="), place != text.startIndex else {
            throw broken("PATTERN=SCHEME, such as 'decoder.*=bf16'")
        }
        let word = String(text[text.index(after: place)...])
        guard let scheme = LayerScheme(rawValue: word) else {
            throw broken("PATTERN=SCHEME, and '\(word)' is no scheme: \(LayerScheme.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return PrecisionPolicy.Override(NamePattern(String(text[..<place])), scheme)
    }
}

extension Precision: ExpressibleByArgument {}
