import CKernels

extension Machine {
    /// Element types of matrix products.
    package enum ProductType: Sendable { case f32, bf16, i8 }

    /// Operations a second that the registers allow in products of `type` on ``threads`` threads; nil where that cannot be
    /// measured. Takes some hundredths of a second.
    package static func measuredPeak(_ type: ProductType) -> Double? {
        let format: tk_weight_format =
            switch type {
            case .f32: TK_WEIGHT_F32
            case .bf16: TK_WEIGHT_BF16
            case .i8: TK_WEIGHT_I8
            }
        let rate = SettingsLock.shared.whileUnchanged { tk_measure_peak(format) }
        return rate > 0 ? rate : nil
    }
}
