extension PrecisionPolicy {
    /// The pipeline to run after `clean`; nil if nothing changes.
    ///
    /// `halfRange` keeps the weights of ``LayerScheme/int8`` so small (``WeightRange/half``) that machines without VNNI multiply
    /// them faster (`Machine.prefersHalfRangeWeights(on:)`).
    package func pipeline(halfRange: Bool) -> Pipeline? {
        if isIdentity { return nil }
        let range = halfRange ? WeightRange.half : .full
        return Pipeline(precision.rawValue, stage: .clean, prepared + dense(range) + others(range) + [handedOver].compactMap { $0 })
    }

    /// What makes a module as rules that round see it: calibration looks at that.
    package var preparing: Pipeline { Pipeline("prepared", stage: .clean, prepared) }

    private var prepared: [Pipeline.Step] {
        let pointwise = Pipeline.Step(PointwiseConvToLinear(self), because: "Dense layers have bf16 products, and integer ones.")
        if migrations.isEmpty { return [pointwise] }
        return [
            pointwise, .init(MigrateScales(self), because: "Weights are rounded with the scales that they get."),
            .init(AbsorbScales(), because: "Scales go where they are moved to."),
        ]
    }

    private var isHalf: Bool { schemes.contains { $0.half != nil } }
    private var isInteger: Bool { schemes.contains(where: \.isInteger) }

    private func dense(_ range: WeightRange) -> [Pipeline.Step] {
        let fused = "The fusions are done, so every dense layer is one operator whose epilogue stays in f32."
        var steps: [Pipeline.Step] = []
        if isHalf { steps.append(.init(CastLinearWeights(self), because: "The fusions are done, so every dense layer is one operator.")) }
        if schemes.contains(where: { $0.isInteger && !$0.isGrouped }) {
            steps.append(.init(QuantizeLinear(self, range: range), because: fused))
        }
        if schemes.contains(where: \.isGrouped) { steps.append(.init(QuantizeLinearGroups(self), because: fused)) }
        return steps
    }

    private func others(_ range: WeightRange) -> [Pipeline.Step] {
        let (filters, tables) = (
            "What convolutions are left read their filters from memory.",
            "Embeddings are half of what a small model weighs; a few rows are read."
        )
        var steps: [Pipeline.Step] = []
        if isHalf { steps.append(.init(CastConvWeights(self), because: filters)) }
        if isInteger { steps.append(.init(QuantizeConv(self, range: range), because: filters)) }
        if isHalf { steps.append(.init(CastTables(self), because: tables)) }
        if isInteger { steps.append(.init(QuantizeTables(self), because: tables)) }
        if schemes.contains(where: \.roundsActivations) {
            steps.append(.init(QuantizeAttention(self), because: "Over a thousand tokens it takes half as long as the dense layers."))
        }
        return steps
    }

    private var handedOver: Pipeline.Step? {
        // bf16 would be coarser than all else in f16.
        guard precision != .f32, precision != .f16 else { return nil }
        return .init(HalfKeysAndValues(), because: "Each token of a text reads those of its whole context.")
    }
}

extension PrecisionPolicy {
    /// The same with all rules that calibration may put to use: for lists of them.
    package var withEveryRule: PrecisionPolicy {
        var policy = self
        if isInteger { policy.migrations[""] = [] }
        return policy
    }
}

extension Pipeline {
    /// What `precision` makes of a clean module; no steps for f32.
    package static func precision(_ precision: Precision, halfRange: Bool = false) -> Pipeline {
        PrecisionPolicy(precision).pipeline(halfRange: halfRange) ?? Pipeline(precision.rawValue, stage: .clean, [])
    }
}
