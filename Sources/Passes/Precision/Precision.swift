import IR

/// In which type the products of dense layers are computed.
package enum Precision: String, Sendable, CaseIterable {
    /// As the checkpoint and its importer have it.
    case f32
    /// bf16 weights and, where the machine multiplies bf16, activations; sums in f32. Keys and values of a text's context are bf16.
    case bf16
    /// 8-bit weights per channel and activations per token, rounded as they come; sums in integers. Attention likewise; keys and values
    /// of a text's context as in bf16.
    case int8
    /// 4-bit weights of dense layers with a scale for each 32 inputs of an output, 8-bit filters and tables; activations and products f32. Keys and
    /// values of a text's context as in bf16.
    case int4

    /// The pipeline to run after `clean`; nil if nothing changes.
    ///
    /// `halfRange` keeps the int8 weights of dense layers so small (`QuantizeLinear.Range.half`) that machines without VNNI multiply
    /// them faster (`Machine.prefersHalfRangeWeights(on:)`).
    package func pipeline(halfRange: Bool) -> Pipeline? {
        switch self {
        case .f32: nil
        case .bf16: .bf16
        case .int8: .int8(halfRange: halfRange)
        case .int4: .int4
        }
    }
}

extension Pipeline {
    package static let bf16 = Pipeline(
        "bf16", stage: .clean,
        [
            Step(PointwiseConvToLinear(), because: "Dense layers have bf16 products."),
            Step(CastLinearWeights(), because: "The fusions are done, so every dense layer is one operator."),
            Step(CastConvWeights(), because: "What convolutions are left read their filters from memory."),
            Step(CastTables(), because: "Embeddings are half of what a small model weighs; a few rows are read."),
            Step(HalfKeysAndValues(), because: "Each token of a text reads those of its whole context."),
        ])

    package static let int4 = Pipeline(
        "int4", stage: .clean,
        [
            Step(PointwiseConvToLinear(), because: "Dense layers have products with 4-bit weights."),
            Step(
                QuantizeLinearGroups(), because: "The fusions are done, so every dense layer is one operator whose epilogue stays in f32."),
            Step(QuantizeConv(), because: "What convolutions are left read their filters from memory."),
            Step(QuantizeTables(), because: "Embeddings are half of what a small model weighs; a few rows are read."),
            Step(HalfKeysAndValues(), because: "Each token of a text reads those of its whole context."),
        ])

    package static func int8(halfRange: Bool) -> Pipeline {
        Pipeline(
            "int8", stage: .clean,
            [
                Step(PointwiseConvToLinear(), because: "Dense layers have 8-bit products."),
                Step(
                    QuantizeLinear(range: halfRange ? .half : .full),
                    because: "The fusions are done, so every dense layer is one operator whose epilogue stays in f32."),
                Step(QuantizeConv(), because: "What convolutions are left read their filters from memory."),
                Step(QuantizeTables(), because: "Embeddings are half of what a small model weighs; a few rows are read."),
                Step(QuantizeAttention(), because: "Over a thousand tokens it takes half as long as the dense layers."),
                Step(HalfKeysAndValues(), because: "Each token of a text reads those of its whole context."),
            ])
    }
}
