import Foundation

/// What rows of numbers add up to.
struct WeightSums: Sendable {
    private(set) var count = 0, finite = 0, zeros = 0, nans = 0, infinities = 0
    /// Of the finite ones.
    private(set) var low = Float.infinity, high = -Float.infinity
    private(set) var sum = 0.0, squares = 0.0
    /// Squares of the numbers of rows that were rounded, and of what rounding adds to them.
    private var signal = 0.0, noise = 0.0
    private var isRounded = false

    /// Numbers whose single precision sums are added up in double precision.
    private static let chunk = 4096

    /// - Parameter isRounded: whether to see what rounding to 8 bits with one scale does to the row.
    mutating func add(row: UnsafeBufferPointer<Float>, isRounded: Bool) {
        var own = WeightSums()
        for start in stride(from: 0, to: row.count, by: WeightSums.chunk) {
            own.add(chunk: UnsafeBufferPointer(rebasing: row[start..<min(start + WeightSums.chunk, row.count)]))
        }
        if isRounded, own.finite == own.count {
            own.isRounded = true
            own.signal = own.squares
            own.noise = WeightSums.noise(row, peak: max(own.high, -own.low))
        }
        join(own)
    }

    mutating func join(_ other: WeightSums) {
        (count, finite, zeros) = (count + other.count, finite + other.finite, zeros + other.zeros)
        (nans, infinities) = (nans + other.nans, infinities + other.infinities)
        (low, high) = (min(low, other.low), max(high, other.high))
        (sum, squares) = (sum + other.sum, squares + other.squares)
        (signal, noise, isRounded) = (signal + other.signal, noise + other.noise, isRounded || other.isRounded)
    }

    /// Signal to noise; infinite where rounding changes nothing; nil where no row was rounded.
    var decibels: Double? { isRounded ? noise > 0 ? 10 * log10(signal / noise) : .infinity : nil }

    private mutating func add(chunk: UnsafeBufferPointer<Float>) {
        guard let base = chunk.baseAddress.map({ UnsafeRawPointer($0) }) else { return }
        var (lows, highs) = (SIMD8<Float>(repeating: .infinity), SIMD8<Float>(repeating: -.infinity))
        var (sums, powers, none) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Int32>.zero)
        var strange = SIMD8<Float>.zero
        let whole = chunk.count / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
            let value = base.loadUnaligned(fromByteOffset: start * 4, as: SIMD8<Float>.self)
            lows.replace(with: value, where: value .< lows)
            highs.replace(with: value, where: value .> highs)
            sums += value
            powers += value * value
            none.replace(with: none &+ 1, where: value .== 0)
            strange += value * 0
        }
        let (sum, power) = (sums.sum(), powers.sum())
        // What is not finite, or too large or small for squares in single precision, is looked at one by one.
        let isPlain = strange == .zero && power.isFinite && (power > 1e-30 || lows.min() == 0 && highs.max() == 0)
        guard isPlain, whole > 0 else { return chunk.forEach { add($0) } }
        (count, finite, zeros) = (count + whole, finite + whole, zeros + Int(none.wrappedSum()))
        (low, high) = (min(low, lows.min()), max(high, highs.max()))
        (self.sum, squares) = (self.sum + Double(sum), squares + Double(power))
        chunk[whole...].forEach { add($0) }
    }

    private mutating func add(_ value: Float) {
        count += 1
        if value.isNaN { nans += 1 } else if value.isInfinite { infinities += 1 }
        guard value.isFinite else { return }
        finite += 1
        if value == 0 { zeros += 1 }
        (low, high) = (min(low, value), max(high, value))
        sum += Double(value)
        squares += Double(value) * Double(value)
    }

    /// The sum of squares of what rounding to -127…127 steps of `peak` / 127 changes.
    private static func noise(_ row: UnsafeBufferPointer<Float>, peak: Float) -> Double {
        // As `WeightExtent` decides: rows whose step would be too small to divide by become zeros.
        let step = peak / 127
        let (scale, factor) = step >= .leastNormalMagnitude ? (step, 1 / step) : (1, 1)
        guard let base = row.baseAddress.map({ UnsafeRawPointer($0) }) else { return 0 }
        var total = 0.0
        for start in stride(from: 0, to: row.count, by: chunk) {
            let end = min(start + chunk, row.count)
            let whole = start + (end - start) / 8 * 8
            var sums = SIMD8<Float>.zero
            for index in stride(from: start, to: whole, by: 8) {
                // In steps, so that squares stay in range.
                let level = base.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self) * factor
                // 1.5 · 2^23 leaves no room for a fraction, so adding it rounds to the nearest integer, ties to even.
                let error = level - ((level + 0x1.8p23) - 0x1.8p23)
                sums += error * error
            }
            total += Double(sums.sum())
            for value in row[whole..<end] {
                let level = value * factor
                let error = Double(level - level.rounded(.toNearestOrEven))
                total += error * error
            }
        }
        return total * Double(scale) * Double(scale)
    }
}
