import IR

extension Tensor {
    /// The elements at `indices` of the flat tensor, as one of a single dimension, without reading the others. All must be below ``count``;
    /// others are left out.
    func picking(_ indices: [Int]) -> Tensor {
        let wanted = indices.filter { $0 >= 0 && $0 < count }
        if dtype == .string {
            let all = strings
            return Tensor(strings: wanted.compactMap { all.indices.contains($0) ? all[$0] : nil }, [wanted.count])
        }
        let buffer = bytes.buffer
        if dtype.bits < 8 {
            let (bits, perByte) = (dtype.bits, 8 / max(dtype.bits, 1))
            let codes = wanted.map { index in
                buffer.indices.contains(index / perByte) ? Int(buffer[index / perByte] >> (index % perByte * bits)) & (1 << bits - 1) : 0
            }
            return Tensor(codes: codes, [wanted.count], as: dtype)
        }
        let width = dtype.byteWidth
        return Tensor(dtype, [wanted.count]) { target in
            for (place, index) in wanted.enumerated() where (index + 1) * width <= buffer.count && (place + 1) * width <= target.count {
                UnsafeMutableRawBufferPointer(rebasing: target[(place * width)..<((place + 1) * width)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[(index * width)..<((index + 1) * width)]))
            }
        }
    }
}
