import Foundation
import Media

enum Fixtures {
    /// A smooth picture with some detail; the same on every run.
    static func picture(width: Int, height: Int, channels: Int) throws -> ByteImage {
        let samples = (0..<width * height * channels).map { i -> UInt8 in
            let (x, y, c) = (i / channels % width, i / channels / width, i % channels)
            return UInt8(truncatingIfNeeded: x * 5 + y * 3 + c * 40 + x * y / 7)
        }
        return try ByteImage(width: width, height: height, channels: channels, samples: samples)
    }

    /// FNV-1a.
    static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    }

    static func withFolder<T>(_ body: (String) throws -> T) throws -> T {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("media-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    /// A PNG signature and an IHDR chunk with a right CRC, followed by `rest`.
    static func pngHeader(width: UInt32, height: UInt32, rest: [UInt8] = []) -> [UInt8] {
        let fields = Array("IHDR".utf8) + bigEndian(width) + bigEndian(height) + [8, 2, 0, 0, 0]
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + bigEndian(13) + fields + bigEndian(crc(fields)) + rest
    }

    static func pngChunk(_ name: String, _ body: [UInt8]) -> [UInt8] {
        let fields = Array(name.utf8) + body
        return bigEndian(UInt32(body.count)) + fields + bigEndian(crc(fields))
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
        }
    }

    /// A small generator of pseudo-random numbers with a fixed seed.
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    /// An EXIF block of one entry: the orientation.
    static func exif(_ orientation: UInt8, littleEndian: Bool) -> [UInt8] {
        littleEndian
            ? [0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]
            : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0]
    }
}
