import Foundation

/// How many of a tensor's numbers lie below which, for its percentiles.
///
/// Few numbers are kept and sorted. Of many, each is counted under the leading 16 bits of its single precision: sign, exponent and 7 digits of
/// the fraction, so that a percentile is found among numbers that differ by less than 1/128 of it, and exactly where numbers have no more
/// digits, as those of bf16 and of 8 bits.
struct WeightOrder: Sendable {
    /// Numbers that are kept and sorted at most.
    static let mostKept = 1 << 16
    /// Parts that are counted apart at most, as each has a table of its own.
    static let mostParts = 16

    private var kept: [Float] = []
    private var counts: [UInt32] = []
    private var total = 0
    /// Whether some number has digits behind the leading 16 bits.
    private var hasMoreDigits = false

    /// - Parameter count: numbers that are added at most.
    init(count: Int) {
        if count > WeightOrder.mostKept { counts = [UInt32](repeating: 0, count: 1 << 16) }
    }

    /// Adds the finite ones.
    mutating func add(_ row: UnsafeBufferPointer<Float>) {
        if counts.isEmpty {
            kept += row.lazy.filter(\.isFinite)
            return
        }
        var (found, digits): (Int, UInt32) = (0, 0)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in row where value.isFinite {
                let bits = value.bitPattern
                digits |= bits & 0xFFFF
                counts[WeightOrder.place(bits)] &+= 1
                found += 1
            }
        }
        total += found
        if digits != 0 { hasMoreDigits = true }
    }

    mutating func join(_ other: WeightOrder) {
        kept += other.kept
        total += other.total
        hasMoreDigits = hasMoreDigits || other.hasMoreDigits
        for index in counts.indices where other.counts.indices.contains(index) { counts[index] &+= other.counts[index] }
    }

    /// Numbers below which these shares of all lie, 0 to 1 in rising order; between two neighbours, as far as the share says. Empty where no
    /// number was added.
    func values(at shares: [Double]) -> [Double] { counts.isEmpty ? sorted(at: shares) : counted(at: shares) }

    private func sorted(at shares: [Double]) -> [Double] {
        let sorted = kept.sorted()
        guard let last = sorted.last else { return [] }
        return shares.map { share in
            let place = share * Double(sorted.count - 1)
            let index = min(max(Int(place), 0), sorted.count - 1)
            let (low, high) = (Double(sorted[index]), Double(index + 1 < sorted.count ? sorted[index + 1] : last))
            return low + (high - low) * (place - Double(index))
        }
    }

    private func counted(at shares: [Double]) -> [Double] {
        guard total > 0 else { return [] }
        var (made, below, bin) = ([Double](), 0, 0)
        for share in shares {
            let place = share * Double(total - 1)
            while bin < counts.count - 1, Double(below + Int(counts[bin])) <= place {
                below += Int(counts[bin])
                bin += 1
            }
            let inside = (place - Double(below) + 0.5) / Double(max(counts[bin], 1))
            made.append(value(of: bin, at: min(max(inside, 0), 1)))
        }
        return made
    }

    /// What lies at a share of the numbers that are counted in `bin`.
    private func value(of bin: Int, at share: Double) -> Double {
        let isNegative = bin < 1 << 15
        let leading = UInt32(isNegative ? 0xFFFF - bin : bin & 0x7FFF)
        // The end nearer to 0, and the one next to the bin that is farther.
        let near = Float(bitPattern: (isNegative ? 0x8000_0000 : 0) | (leading & 0x7FFF) << 16)
        if !hasMoreDigits || leading & 0x7FFF == 0 { return Double(near) }
        let far = Float(bitPattern: near.bitPattern | 0xFFFF)
        return Double(near) + (Double(far) - Double(near)) * (isNegative ? 1 - share : share)
    }

    /// The leading bits so that they rise with the number.
    @inline(__always)
    private static func place(_ bits: UInt32) -> Int {
        Int((bits >> 31 == 1 ? ~bits : bits | 0x8000_0000) >> 16)
    }
}

/// Numbers below which so many hundredths of a tensor's finite numbers lie.
package struct Percentiles: Sendable, Encodable, Equatable {
    package let p1, p5, p25, p50, p75, p95, p99: Double

    static let shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

    /// nil where `values` are not those of ``shares``.
    init?(_ values: [Double]) {
        guard values.count == Percentiles.shares.count else { return nil }
        (p1, p5, p25, p50) = (values[0], values[1], values[2], values[3])
        (p75, p95, p99) = (values[4], values[5], values[6])
    }

    /// With their names, in rising order.
    package var list: [(name: String, value: Double)] {
        [("1 %", p1), ("5 %", p5), ("25 %", p25), ("50 %", p50), ("75 %", p75), ("95 %", p95), ("99 %", p99)]
    }
}
