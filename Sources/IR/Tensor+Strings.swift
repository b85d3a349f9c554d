/// Tensors of strings: `count + 1` offsets into the characters, as i64, then the characters in UTF-8, one string after the other.
extension Tensor {
    /// Missing elements are empty, surplus ones are ignored.
    package init(strings values: [String], _ shape: [Int]) {
        let count = Tensor.elementCount(shape) ?? 0
        let texts = values.prefix(count).map { Array($0.utf8) } + [[UInt8]](repeating: [], count: max(count - values.count, 0))
        var offsets: [Int64] = [0]
        for text in texts { offsets.append((offsets.last ?? 0) + Int64(text.count)) }
        let table = offsets.count * 8
        dtype = .string
        self.shape = Tensor.elementCount(shape) == nil ? [0] : shape
        bytes = ByteSlice(
            Bytes(count: table + Int(offsets.last ?? 0)) { target in
                for (index, offset) in offsets.enumerated() {
                    target.storeBytes(of: offset.littleEndian, toByteOffset: index * 8, as: Int64.self)
                }
                var position = table
                for text in texts {
                    UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyBytes(from: text)
                    position += text.count
                }
            })
    }

    /// Every element as text; of another type, its literal.
    package var strings: [String] {
        guard dtype == .string else {
            if case .floats(let values) = elements { return values.map(\.description) }
            return integers.map(\.description)
        }
        let table = (count + 1) * 8
        return (0..<count).map { index in
            let (start, end) = (Tensor.offset(bytes, index), Tensor.offset(bytes, index + 1))
            return String(decoding: bytes.buffer[(table + start)..<(table + end)], as: UTF8.self)
        }
    }

    /// Whether `bytes` are `count` strings: offsets that begin at 0, never fall, and end with the bytes.
    static func holdsStrings(_ bytes: ByteSlice, _ count: Int) -> Bool {
        guard count < bytes.count / 8, offset(bytes, 0) == 0 else { return false }
        let characters = bytes.count - (count + 1) * 8
        var last = 0
        for index in 1..<(count + 1) {
            let next = offset(bytes, index)
            guard next >= last, next <= characters else { return false }
            last = next
        }
        return last == characters
    }

    private static func offset(_ bytes: ByteSlice, _ index: Int) -> Int {
        Int(Int64(littleEndian: bytes.buffer.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)))
    }
}
