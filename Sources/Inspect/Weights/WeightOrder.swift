import Foundation

/// How many of a tensor's numbers lie below which, for its percentiles.
///
/// Few numbers are kept and sorted. Of many, each is counted under its leading bits: at least sign, exponent and 7 digits of the fraction, and
/// as many more as the range of the numbers leaves room for. So a percentile is found among numbers that differ by less than 1/128 of it, and
/// exactly where numbers have no more digits, as those of bf16 and of 8 bits.
struct WeightOrder<Number: WeightNumber>: Sendable {
    /// Numbers that are kept and sorted at most.
    static var mostKept: Int { 1 << 16 }
    /// Parts that are counted apart at most, as each has a table of its own.
    static var mostParts: Int { 16 }

    private var kept: [Number] = []
    private var counts: [UInt32] = []
    private var total = 0
    /// Bits behind those that are counted, and what is counted in the first place.
    private let shift: Int
    private let base: Number.Key
    /// Whether some number has digits behind the leading bits.
    private var hasMoreDigits = false

    /// - Parameters:
    ///   - count: numbers that are added at most.
    ///   - low, high: of these numbers.
    init(count: Int, low: Number, high: Number) {
        let (first, last, bits) = (low.key, max(high, low).key, Number.leadingBits)
        shift = (0..<(Number.Key.bitWidth - bits)).first { (last >> $0) - (first >> $0) < 1 << bits } ?? Number.Key.bitWidth - bits
        base = first >> shift
        if count > Self.mostKept { counts = [UInt32](repeating: 0, count: Int((last >> shift) - base) + 1) }
    }

    /// Adds the finite ones.
    mutating func add(_ row: UnsafeBufferPointer<Number>) {
        if counts.isEmpty {
            kept += row.lazy.filter(\.isFinite)
            return
        }
        var (found, digits): (Int, Number.Key) = (0, 0)
        let (shift, base) = (Number.Key(truncatingIfNeeded: shift), base)
        let behind = (Number.Key(1) << shift) &- 1
        counts.withUnsafeMutableBufferPointer { counts in
            for value in row where value.isFinite {
                let key = value.key
                // Those of negative numbers are turned round.
                digits |= (value < 0 ? ~key : key) & behind
                counts[Int(truncatingIfNeeded: (key &>> shift) &- base)] &+= 1
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

    /// Numbers below which these shares of all lie, 0 to 1; between two neighbours, as far as the share says. Empty where no number was added.
    func values(at shares: [Double]) -> [Double] {
        let count = counts.isEmpty ? kept.count : total
        guard count > 0 else { return [] }
        let places = shares.map { min(max($0, 0), 1) * Double(count - 1) }
        let ranks = Set(places.flatMap { [min(Int($0), count - 1), min(Int($0) + 1, count - 1)] }).sorted()
        let values = Dictionary(uniqueKeysWithValues: zip(ranks, counts.isEmpty ? sorted(at: ranks) : counted(at: ranks)))
        return places.map { place in
            let rank = min(Int(place), count - 1)
            let low = values[rank] ?? .nan
            let (high, share) = (values[min(rank + 1, count - 1)] ?? low, place - Double(rank))
            // The difference itself may be beyond the largest number.
            return (high - low).isFinite ? low + (high - low) * share : low * (1 - share) + high * share
        }
    }

    /// The numbers of these ranks, which rise.
    private func sorted(at ranks: [Int]) -> [Double] {
        let sorted = kept.sorted()
        return ranks.map { Double(sorted[$0]) }
    }

    private func counted(at ranks: [Int]) -> [Double] {
        var (below, bin) = (0, 0)
        return ranks.map { rank in
            while bin < counts.count - 1, below + Int(counts[bin]) <= rank {
                below += Int(counts[bin])
                bin += 1
            }
            let inside = (Double(rank - below) + 0.5) / Double(max(counts[bin], 1))
            return value(of: bin, at: min(inside, 1))
        }
    }

    /// What lies at a share of the numbers that are counted in `bin`.
    private func value(of bin: Int, at share: Double) -> Double {
        let first = (base + Number.Key(bin)) << shift
        let (low, high) = (Double(Number(key: first)), Double(Number(key: first | ((1 << shift) - 1))))
        // The end nearer to 0 has no more digits; 0 is by far the most frequent in its place.
        if low == 0 { return 0 }
        if !hasMoreDigits { return low < 0 ? high : low }
        return low + (high - low) * share
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
