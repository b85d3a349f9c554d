import IR

/// Tensors that hold the same numbers as one before them, in memory of their own. Those of one number throughout are left out: zeros and ones
/// are what models begin with.
///
/// Tensors of one type are told apart by a few of their bytes first, so that only those that are likely the same are read.
struct RepeatedTensors {
    /// With the key of the first that holds the same.
    private(set) var items: [LintReport.Item] = []

    /// Smaller ones are not looked at: single numbers and shapes are often the same.
    private static let leastBytes = 64
    private static let sampleBytes = 256

    private struct Look: Hashable {
        let type: TensorType
        let hash: UInt64
    }

    init(_ tensors: [Constant]) {
        var firsts: [Look: [Constant]] = [:]
        for constant in tensors {
            guard let bytes = constant.bytes, bytes.count >= RepeatedTensors.leastBytes, constant.type.dtype != .string else { continue }
            let look = Look(type: constant.type, hash: RepeatedTensors.hash(bytes.buffer))
            let same = firsts[look, default: []].first { RepeatedTensors.areSame($0, bytes) }
            guard let same else {
                firsts[look, default: []].append(constant)
                continue
            }
            // Shared memory is what files mean by tied tensors.
            if same.bytes?.pointer == bytes.pointer || RepeatedTensors.isUniform(bytes.buffer, constant.type.dtype) { continue }
            items.append(LintReport.Item(constant.key, "\(constant.type), as \(same.key)", bytes: bytes.count))
        }
    }

    private static func isUniform(_ bytes: UnsafeRawBufferPointer, _ dtype: DType) -> Bool {
        let width = max(dtype.byteWidth, 1)
        return bytes.count <= width || bytes.dropFirst(width).elementsEqual(bytes.dropLast(width))
    }

    private static func areSame(_ one: Constant, _ bytes: ByteSlice) -> Bool {
        guard let own = one.bytes, own.count == bytes.count else { return false }
        if own.pointer == bytes.pointer { return true }
        return own.elementsEqual(bytes)
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
            let sums = reader.reduce(WeightSums()) {
                $0.add(row: $1, isRounded: false)
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
