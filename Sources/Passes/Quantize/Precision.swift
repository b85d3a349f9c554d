import IR

/// In which type the layers of a model are held and multiplied, unless a ``PrecisionPolicy`` says otherwise of one.
package enum Precision: String, Sendable, Hashable, CaseIterable {
    /// As the checkpoint and its importer have it.
    case f32
    /// bf16 weights and, where the machine multiplies bf16, activations; sums in f32. Keys and values of a text's context are bf16.
    case bf16
    /// f16 weights, which have eight times as fine steps as bf16 and end at 65,504: weights beyond stay f32. Activations and products f32.
    case f16
    /// 8-bit weights per channel and activations per token, rounded as they come; sums in integers. Attention likewise; keys and values
    /// of a text's context as in bf16.
    case int8
    /// 8-bit weights; activations of dense layers and convolutions in 8 bits with a scale that calibration found; attention as in int8.
    case int8Static = "int8-static"
    /// 4-bit weights of dense layers with a scale for each group of inputs of an output (``WeightGroups``), activations rounded to 8 bits for each
    /// token, sums of groups in integers; attention as in int8, 8-bit filters and tables. Keys and values of a text's context as in bf16.
    case int4
    /// The same weights, filters and tables; activations and products f32.
    case w4

    /// What a layer gets that nothing else is said of.
    package var scheme: LayerScheme {
        switch self {
        case .f32: .f32
        case .bf16: .bf16
        case .f16: .f16
        case .int8: .int8
        case .int8Static: .int8Static
        case .int4: .int4
        case .w4: .w4
        }
    }
}

/// How one layer is held and multiplied. Its name is the word of `--override PATTERN=SCHEME`.
package enum LayerScheme: String, Sendable, Hashable, CaseIterable {
    case f32, bf16
    /// f16 weights, filters and tables; activations and products f32.
    case f16
    /// 8-bit weights with a scale for each output, activations rounded to 8 bits for each token, integer sums; the weights in half range
    /// where the machine multiplies those faster (``WeightRange/half``). Of attention, queries, keys and values. Of a convolution or a table, the
    /// weights alone.
    case int8
    /// The same with weights of full range on every machine.
    case int8Full = "int8-full"
    /// 8-bit weights as in ``int8``, of convolutions too; activations in 8 bits with one scale and zero point for all of a layer's input, which
    /// calibration found. Layers that it did not reach are as in ``int8``.
    case int8Static = "int8-static"
    /// 8-bit weights with a scale for each output; activations and products f32.
    case w8
    /// 4-bit weights with a scale for each group of inputs of an output, activations rounded to 8 bits for each token, sums of groups in integers.
    /// Of attention, as ``int8``; of a convolution or a table, as ``w8``.
    case int4
    /// 4-bit weights with a scale for each group of inputs of an output; activations and products f32. Of a convolution or a table, as ``w8``.
    case w4

    /// Whether dense layers, and attention, round their activations.
    package var roundsActivations: Bool { [.int8, .int8Full, .int8Static, .int4].contains(self) }

    /// What 8-bit weights of dense layers are rounded to, where `preferred` is what the machine multiplies fastest with 8-bit activations.
    package func range(_ preferred: WeightRange) -> WeightRange { self == .int8 || self == .int8Static ? preferred : .full }

    /// Whether filters and tables are integers.
    package var isInteger: Bool { self != .f32 && half == nil }

    /// Whether calibration finds better weights than the nearest: f16 is near enough.
    package var isCompensated: Bool { isInteger || self == .bf16 }

    /// The floats of 16 bits that weights, filters and tables are stored as.
    package var half: DType? {
        switch self {
        case .bf16: .bf16
        case .f16: .f16
        default: nil
        }
    }

    /// Whether weights of dense layers have 4 bits.
    package var isGrouped: Bool { self == .int4 || self == .w4 }
}

/// How weights of 4 bits share scales.
package struct WeightGroups: Sendable, Hashable {
    /// Neighbouring inputs of an output that do: 32, 64 or 128.
    package let size: Int
    /// Whether a group has a zero point too: levels 0…15 from the smallest to the largest weight, not -8…7 around 0.
    package let hasZeroPoints: Bool

    package init(size: Int = 32, zeroPoints: Bool = false) { (self.size, hasZeroPoints) = (size, zeroPoints) }

    /// What tells keys of weights apart: `i4`, `i4(64)`, `u4`.
    var suffix: String { (hasZeroPoints ? "u4" : "i4") + (size == 32 ? "" : "(\(size))") }

    /// Bytes of a weight, with its share of what its group has.
    package var bytes: Double { 0.5 + (hasZeroPoints ? 3.0 : 2.0) / Double(size) }
}

/// Which integers weights of 8 bits are rounded to.
package enum WeightRange: Sendable, Hashable {
    /// -127...127.
    case full
    /// -64...64 and, of the four weights whose products with u8 meet in 16 bits (inputs 0, 1, 4, 5 and 2, 3, 6, 7 of every
    /// aligned eight), those of one sign add up to 128 at most. Machines without VNNI multiply these faster.
    case half

    /// Magnitude of the largest integer.
    package var largest: Float { self == .full ? 127 : 64 }
}
