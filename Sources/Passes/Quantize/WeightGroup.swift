import IR

/// Weights that share a scale, and perhaps a zero point.
package struct WeightGroup {
    let values: UnsafeBufferPointer<Float>
    private let hasZeroPoint: Bool

    package init(_ values: UnsafeBufferPointer<Float>, _ format: WeightGroups) {
        (self.values, hasZeroPoint) = (values, format.hasZeroPoints)
    }

    /// What the group's integers stand for: (integer - zero) · scale.
    package struct Form: Sendable {
        /// Bits of a bf16; NaN if a weight is not finite, the smallest normal number if all are next to nothing.
        package let scale: UInt16
        /// Of integers 0…15; those of -8…7 have none.
        package let zero: Int

        package init(scale: UInt16, zero: Int) { (self.scale, self.zero) = (scale, zero) }

        package var factor: Float { BFloat16.float(fromBits: scale) }
    }

    /// The integer for a weight of a group of that form: the nearest, ties to even.
    package func level(_ value: Float, _ form: Form) -> Float {
        let position = value / form.factor
        // Adding 1.5 · 2^23 leaves no room for a fraction.
        let rounded = (min(max(position, -32), 32) + 0x1.8p23) - 0x1.8p23 + Float(form.zero)
        return hasZeroPoint ? min(max(rounded, 0), 15) : min(max(rounded, -8), 7)
    }

    /// Writes the integers, and gives what they stand for.
    func round(into target: UnsafeMutableBufferPointer<Int8>) -> Form {
        let form = self.form
        guard form.factor.isFinite else { return form }
        for (index, value) in values.enumerated() { target[index] = Int8(level(value, form)) }
        return form
    }

    /// Chosen for the values.
    package var form: Form {
        var (low, high, sum): (Float, Float, Float) = (0, 0, 0)
        for value in values {
            (low, high) = (min(low, value), max(high, value))
            sum += value * 0
        }
        guard sum == 0 else { return Form(scale: BFloat16.bits(of: .nan), zero: 0) }
        guard max(-low, high) >= .leastNormalMagnitude * 16 else {
            // Of nothing, whatever it is multiplied by.
            return Form(scale: BFloat16.bits(of: .leastNormalMagnitude), zero: 0)
        }
        return hasZeroPoint ? affine(low, high) : symmetric(-low > high ? low : high)
    }

    /// The weight that is largest in magnitude becomes about -8, since -8 has no counterpart; around that, the scale is searched whose integers
    /// leave the smallest squared error, its own best value being Σ w·q / Σ q².
    private func symmetric(_ peak: Float) -> Form {
        var (best, gain): (Double, Double) = (Double(peak) / -8, -1)
        for step in -3...3 {
            let inverse = (-8 - 0.3 * Float(step)) / peak
            // Sums of large weights leave f32.
            var (products, squares): (Double, Float) = (0, 0)
            for value in values {
                let level = WeightGroup.symmetricLevel(value * inverse)
                products += Double(value * level * 0.125)
                squares += level * level
            }
            let scale = products * 8 / Double(squares)
            // What a scale of products / squares takes off the squared error.
            if squares > 0, products * 8 * scale > gain { (best, gain) = (scale, products * 8 * scale) }
        }
        return Form(scale: BFloat16.bits(of: Float(best)), zero: 0)
    }

    private static func symmetricLevel(_ value: Float) -> Float { (min(max(value, -8), 7) + 0x1.8p23) - 0x1.8p23 }

    /// Levels from the smallest to the largest weight, and 0 exactly; of narrower ranges, that whose integers leave the smallest squared error.
    private func affine(_ low: Float, _ high: Float) -> Form {
        var (best, least) = (Form(scale: BFloat16.bits(of: .leastNormalMagnitude), zero: 0), Double.infinity)
        for step in 0...6 {
            let share = 1 - 0.04 * Float(step)
            let bits = BFloat16.bits(of: (high / 15 - low / 15) * share)
            let factor = BFloat16.float(fromBits: bits)
            guard factor > 0, factor.isFinite else { continue }
            let middle = (low / 2 + high / 2) * (1 - share)
            let zero = min(max((-low / factor * share - middle / factor).rounded(.toNearestOrEven), 0), 15)
            let form = Form(scale: bits, zero: Int(zero))
            let error = values.reduce(0.0) { sum, value in
                let difference = Double(value) - Double(level(value, form) - Float(form.zero)) * Double(factor)
                return sum + difference * difference
            }
            if error < least { (best, least) = (form, error) }
        }
        return best
    }
}
