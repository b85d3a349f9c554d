import CZlib

/// Compression of messages with zlib, in the two forms that HTTP knows.
package enum StreamCompression: String, Sendable, CaseIterable {
    /// RFC 1952.
    case gzip
    /// RFC 1950, which HTTP calls so.
    case deflate

    /// Why bytes could not be expanded.
    package enum Failure: Error, Sendable, Equatable {
        /// They are not of this form, or cut off.
        case damaged
        /// They give more than the limit.
        case tooLarge
    }

    /// What `bytes` gives.
    /// - Parameter limit: most bytes to give.
    package static func expand(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        // 32 more: either of the two headers.
        guard inflateInit2_(&stream, 32 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { throw .damaged }
        defer { inflateEnd(&stream) }
        var made: [UInt8] = []
        let status = StreamCompression.pump(&stream, bytes, limit, &made) { CZlib.inflate($0, Z_NO_FLUSH) }
        if made.count > limit { throw .tooLarge }
        guard status == Z_STREAM_END, stream.avail_in == 0 else { throw .damaged }
        return made
    }

    /// `bytes` in this form; nil if zlib has no memory.
    package func pack(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var stream = z_stream()
        let bits = (self == .gzip ? 16 : 0) + MAX_WBITS
        let size = Int32(MemoryLayout<z_stream>.size)
        guard deflateInit2_(&stream, 1, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var made: [UInt8] = []
        let status = StreamCompression.pump(&stream, bytes, Int.max, &made) { stream in
            CZlib.deflate(stream, stream.pointee.avail_in == 0 ? Z_FINISH : Z_NO_FLUSH)
        }
        return status == Z_STREAM_END ? made : nil
    }

    /// Runs `step` over all of `bytes`, 64 kB of result at a time, until it ends, fails, or has given more than `limit`.
    private static func pump(
        _ stream: inout z_stream, _ bytes: UnsafeRawBufferPointer, _ limit: Int, _ made: inout [UInt8],
        _ step: (UnsafeMutablePointer<z_stream>) -> Int32
    ) -> Int32 {
        var source = bytes[...]
        let room = 1 << 16
        let target = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
        defer { target.deallocate() }
        while true {
            // zlib counts in 32 bits.
            let given = min(source.count, 1 << 30)
            stream.next_in = UnsafeMutablePointer(
                mutating: UnsafeRawBufferPointer(rebasing: source).baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(given)
            (stream.next_out, stream.avail_out) = (target, UInt32(room))
            let status = step(&stream)
            let (read, written) = (given - Int(stream.avail_in), room - Int(stream.avail_out))
            source = source.dropFirst(read)
            made.append(contentsOf: UnsafeBufferPointer(start: target, count: written))
            if status == Z_STREAM_END {
                stream.avail_in = source.isEmpty ? 0 : 1
                return status
            }
            guard status == Z_OK, read > 0 || written > 0, made.count <= limit else { return status == Z_OK ? Z_BUF_ERROR : status }
        }
    }
}
