import IR

/// Little-endian numbers at checked places of a slice.
struct ByteReader {
    let bytes: UnsafeRawBufferPointer

    /// nil where the number would lie outside.
    func integer<T: FixedWidthInteger>(_ type: T.Type, at offset: Int) -> T? {
        guard offset >= 0, offset <= bytes.count - MemoryLayout<T>.size else { return nil }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    func int(_ type: (some FixedWidthInteger).Type, at offset: Int) -> Int? {
        integer(type, at: offset).flatMap { Int(exactly: $0) }
    }

    /// nil where the range lies outside.
    func range(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }
}

extension FixedWidthInteger {
    /// Bytes from the least significant up.
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
