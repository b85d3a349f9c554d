import CZlib
import IR

/// Unpacks deflate streams (RFC 1951) with zlib.
enum Inflate {
    /// Bytes that one stream may unpack to: more than any array that is worth packing, and a bound on what a small hostile file can take.
    static let maximumSize = 1 << 32
    /// A stream of n bytes gives at most 1032 n (zlib's technical notes: 258 bytes for 2 bits).
    private static let maximumRatio = 1032

    /// Whether `packed` bytes can give `size` bytes.
    static func isPossible(packed: Int, size: Int) -> Bool { size / maximumRatio <= packed }

    /// The `size` bytes that `packed` gives; nil if it is no whole stream of that many. ``isPossible(packed:size:)`` and
    /// ``maximumSize`` are to be looked at before, since the memory is taken first.
    static func bytes(_ packed: UnsafeRawBufferPointer, size: Int) -> Bytes? {
        var isWhole = false
        let bytes = Bytes(count: size) { isWhole = inflate(packed, to: $0) }
        return isWhole ? bytes : nil
    }

    private static func inflate(_ packed: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) -> Bool {
        var stream = z_stream()
        // Negative: no header around the stream.
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        var (source, free) = (packed[...], target[...])
        // zlib counts in 32 bits. An empty target still needs a place for zlib to point at.
        var nothing: UInt8 = 0
        return withUnsafeMutablePointer(to: &nothing) { nothing in
            while true {
                let (given, room) = (min(source.count, 1 << 30), min(free.count, 1 << 30))
                stream.next_in = UnsafeMutablePointer(
                    mutating: UnsafeRawBufferPointer(rebasing: source).baseAddress?.assumingMemoryBound(to: UInt8.self))
                stream.avail_in = UInt32(given)
                stream.next_out = UnsafeMutableRawBufferPointer(rebasing: free).baseAddress?.assumingMemoryBound(to: UInt8.self) ?? nothing
                stream.avail_out = UInt32(room)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                let (read, written) = (given - Int(stream.avail_in), room - Int(stream.avail_out))
                source = source.dropFirst(read)
                free = free.dropFirst(written)
                if status == Z_STREAM_END { return source.isEmpty && free.isEmpty }
                guard status == Z_OK, read > 0 || written > 0 else { return false }
            }
        }
    }
}

/// The checksum of zip archives.
enum CRC32 {
    static func of(_ parts: [ByteSlice]) -> UInt32 {
        UInt32(
            truncatingIfNeeded: parts.reduce(0) { value, part in
                part.withBytes { crc32_z(value, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count) }
            })
    }
}
