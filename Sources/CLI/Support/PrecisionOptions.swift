import ArgumentParser
import IR
import Passes

/// `--precision f32|bf16|f16|int8|int8-static|int4|w4`
struct PrecisionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Products of dense layers: f32; bf16 (weights, and activations where the machine multiplies bf16); f16 (weights alone); int8 (weights per "
                + "channel, activations per token; attention too, and keys of a text's context in bf16 as with bf16); int8-static (the same with one range "
                + "for all tokens that 'compile --calibrate' finds, convolutions in integers too); int4 (weights of 4 bits with a scale "
                + "for each group of inputs, activations as with int8); w4 (such weights; activations f32).",
            valueName: "f32|bf16|f16|int8|int8-static|int4|w4"))
    var precision = Precision.f32

    @Option(
        help: ArgumentHelp(
            "Another scheme for the layers whose name fits a pattern, in which * stands for anything: f32, bf16, f16, int8, int8-full (full range on "
                + "machines without VNNI too), int8-static, w8 (8-bit weights alone), int4 or w4 (4-bit weights alone); may be repeated, the last that fits counts.",
            valueName: "pattern=scheme"),
        transform: OptionValue.override)
    var override: [PrecisionPolicy.Override] = []

    @Option(
        help: ArgumentHelp("Inputs that share a scale where weights have 4 bits: 32, 64 or 128. Default: 32.", valueName: "n"))
    var groupSize: Int?

    @Flag(
        help:
            "Where weights have 4 bits, give each group a zero point beside its scale: more exact for weights that are not around 0, a little larger."
    )
    var zeroPoints = false

    func validate() throws {
        if let groupSize, !QuantizedProduct.groupSizes.contains(groupSize) {
            throw ValidationError("--group-size \(groupSize): groups have 32, 64 or 128 inputs")
        }
        guard let flag = groupFlags.first, !policy.schemes.contains(where: \.isGrouped) else { return }
        throw ValidationError("\(flag) is for weights of 4 bits; give --precision int4 or w4, or --override PATTERN=int4, too")
    }

    var policy: PrecisionPolicy {
        PrecisionPolicy(precision, overrides: override, groups: WeightGroups(size: groupSize ?? 32, zeroPoints: zeroPoints))
    }

    /// The fewest that a weight may have, with its share of what its group has.
    var bits: Double { (policy.schemes.map { policy.bytes($0) }.min() ?? 4) * 8 }

    /// Those of groups of 4-bit weights that were given.
    var groupFlags: [String] { (groupSize.map { ["--group-size \($0)"] } ?? []) + (zeroPoints ? ["--zero-points"] : []) }

    /// The flags that were given, as they were.
    var given: [String] {
        (precision == .f32 ? [] : ["--precision \(precision.rawValue)"]) + override.map { "--override \($0.pattern)=\($0.scheme.rawValue)" }
            + groupFlags
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
