import Foundation
import IR

/// Tensors that hold the same numbers as one before them, in memory of their own. Those of one number throughout are left out: zeros and ones
/// are what models begin with.
///
/// Tensors of one type are told apart by a few of their bytes first, so that only those that are likely the same are read, once each.
struct RepeatedTensors {
    /// With the key of the first that holds the same.
    private(set) var items: [LintReport.Item] = []

    /// Smaller ones are not looked at: single numbers and shapes are often the same.
    private static let leastBytes = 64
    private static let sampleBytes = 256
    /// Where tensors are not read, larger ones are not looked at, and of all others together no more than so much.
    private static let mostUnread = 1 << 20
    private static let mostUnreadTogether = 64 << 20

    private struct Look: Hashable {
        let type: TensorType
        let hash: UInt64
    }

    /// - Parameter reads: whether all tensors may be read; else only small ones are, and not too many.
    init(_ tensors: [Constant], reads: Bool) {
        // Shared memory is what files mean by tied tensors.
        let tensors = tensors.withDistinctStorage.filter { constant in
            guard let count = constant.bytes?.count, constant.type.dtype != .string else { return false }
            return count >= RepeatedTensors.leastBytes && (reads || count <= RepeatedTensors.mostUnread)
        }
        let looks = tensors.map { Look(type: $0.type, hash: $0.bytes.map { RepeatedTensors.hash($0.buffer) } ?? 0) }
        let alike = looks.reduce(into: [Look: Int]()) { $0[$1, default: 0] += 1 }
        var firsts: [Look: [(key: String, bytes: ByteSlice)]] = [:]
        var rest = reads ? Int.max : RepeatedTensors.mostUnreadTogether
        for (constant, look) in zip(tensors, looks) where alike[look, default: 0] > 1 {
            guard let bytes = constant.bytes, bytes.count <= rest else { continue }
            rest -= bytes.count
            defer { bytes.evict() }
            let whole = Look(type: constant.type, hash: RepeatedTensors.wholeHash(bytes.buffer))
            guard let same = firsts[whole]?.first(where: { RepeatedTensors.areSame($0.bytes, bytes) }) else {
                firsts[whole, default: []].append((constant.key, bytes))
                continue
            }
            if RepeatedTensors.isUniform(bytes.buffer, constant.type.dtype) { continue }
            items.append(LintReport.Item(constant.key, "\(constant.type), as \(same.key)", bytes: bytes.count))
        }
    }

    private static func isUniform(_ bytes: UnsafeRawBufferPointer, _ dtype: DType) -> Bool {
        let width = max(dtype.byteWidth, 1)
        guard bytes.count > width, let start = bytes.baseAddress else { return true }
        return memcmp(start, start + width, bytes.count - width) == 0
    }

    private static func areSame(_ one: ByteSlice, _ other: ByteSlice) -> Bool {
        one.count == other.count && memcmp(one.pointer, other.pointer, one.count) == 0
    }

    /// Of all bytes, so that no file can be made in which many differ under the same one.
    private static func wholeHash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Of the first, the middle and the last bytes.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let end = max(bytes.count - sampleBytes, 0)
        return [0, end / 2, end].reduce(0xCBF2_9CE4_8422_2325) { hash, start in
            bytes[start..<min(start + sampleBytes, bytes.count)].reduce(hash) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        }
    }
}

/// Tensors with numbers that are not finite.
enum StrangeTensors {
    /// - Parameter onProgress: is told the share of the bytes that is done and the next key; may throw to stop.
    static func items(_ tensors: [Constant], onProgress: (Double, String) throws -> Void) rethrows -> [LintReport.Item] {
        let floats = tensors.filter { $0.type.dtype.isFloat }
        let total = floats.reduce(0) { $0 + Double($1.bytes?.count ?? 0) }
        var (items, done): ([LintReport.Item], Double) = ([], 0)
        for constant in floats {
            try onProgress(total > 0 ? done / total : 1, constant.key)
            done += Double(constant.bytes?.count ?? 0)
            guard let reader = WeightReader(constant, nil) else { continue }
            let sums = reader.reduce(WeightSums()) { (sums: inout WeightSums, row: UnsafeBufferPointer<Float>) in
                sums.add(row: row, isRounded: false)
            } joining: {
                $0.join($1)
            }
            constant.bytes?.evict()
            let parts = [sums.nans > 0 ? "\(sums.nans) NaN" : nil, sums.infinities > 0 ? "\(sums.infinities) infinite" : nil]
            let trouble = parts.compactMap { $0 }.joined(separator: ", ")
            if !trouble.isEmpty { items.append(LintReport.Item(constant.key, "\(constant.type), \(trouble)")) }
        }
        return items
    }
}
