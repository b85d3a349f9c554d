import Foundation
import Media
import Testing

@Suite struct CorruptTests {
    @Test func smallNonsense() {
        let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        for bytes in [[], [0], [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xE1, 0xFF, 0xFF], png, png + [0, 0, 0, 13]] {
            #expect(throws: MediaError.self) { try ImageFile.decode(bytes: bytes) }
        }
    }

    @Test(arguments: [(0, 5), (5, 0), (0x7FFF_FFFF, 0x7FFF_FFFF), (60000, 60000), (30000, 10000), (2_000_000, 1)])
    func pngSizes(size: (UInt32, UInt32)) {
        let data = Fixtures.pngChunk("IDAT", [0x78, 0x9C, 3, 0, 0, 0, 0, 1])
        let bytes = Fixtures.pngHeader(
            width: size.0, height: size.1, rest: data + Fixtures.pngChunk("IEND", []))
        #expect(throws: MediaError.self) { try ImageFile.decode(bytes: bytes) }
    }

    @Test(arguments: [[0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 8], [0, 8, 0, 0], [0xF0, 0, 0x60, 0]] as [[UInt8]])
    func jpegSizes(size: [UInt8]) {
        let scan: [UInt8] = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]
        let bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8] + size + [1, 1, 0x11, 0] + scan
        #expect(throws: MediaError.self) { try ImageFile.decode(bytes: bytes) }
    }

    @Test func missingFileIsNamed() throws {
        let error = #expect(throws: MediaError.self) { try ImageFile.load(path: "/nonexistent/x.png") }
        #expect(error?.description.contains("/nonexistent/x.png") == true)
        #expect(error?.kind == .file)
        #expect(throws: MediaError.self) { try ImageFile.load(path: "/tmp") }
    }

    @Test func truncatedPNG() throws {
        let bytes = try Fixtures.picture(width: 20, height: 11, channels: 3).pngBytes()
        for count in 0..<bytes.count {
            #expect(throws: MediaError.self) { try ImageFile.decode(bytes: Array(bytes[..<count])) }
        }
    }

    /// Every chunk of a PNG is under a checksum: a flipped bit is an error except in what may be ignored.
    @Test func flippedPNG() throws {
        let image = try Fixtures.picture(width: 20, height: 11, channels: 3)
        let bytes = try image.pngBytes()
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let decoded = try? ImageFile.load(bytes: damaged) { #expect(decoded == image) }
        }
    }

    @Test(needsShared, arguments: ["baseline420.jpg", "odd422_progressive.jpg", "cmyk.jpg", "restart.jpg", "gray.jpg"])
    func truncatedJPEG(file: String) throws {
        let bytes = try read(file)
        for count in stride(from: 0, to: bytes.count - 2, by: 13) {
            #expect(throws: MediaError.self) { try ImageFile.decode(bytes: Array(bytes[..<count])) }
        }
    }

    /// A flipped bit may go unseen in a JPEG; the decoder must return either way, with a picture of sane size.
    @Test(needsShared, arguments: ["baseline420.jpg", "odd422_progressive.jpg", "cmyk.jpg", "exif_rotated.jpg"])
    func flippedJPEG(file: String) throws {
        let bytes = try read(file)
        var random = Fixtures.Random(state: 7)
        var refused = 0
        for _ in 0..<300 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let bit = UInt8.random(in: 0..<8, using: &random)
                damaged[Int.random(in: 2..<damaged.count, using: &random)] ^= 1 << bit
            }
            do {
                let decoded = try ImageFile.decode(bytes: damaged)
                #expect(decoded.width * decoded.height <= ImageLimits.maxPixels)
            } catch is MediaError {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    @Test(needsShared, arguments: ["gray16.png", "palette4_trns.png", "bilevel.png", "gray_alpha.png", "rgb16.png"])
    func mixedUpPNG(file: String) throws {
        let bytes = try read(file)
        var random = Fixtures.Random(state: 11)
        for _ in 0..<200 {
            var damaged = bytes
            let start = Int.random(in: 8..<damaged.count, using: &random)
            damaged.removeSubrange(start..<min(damaged.count, start + Int.random(in: 1...9, using: &random)))
            #expect(throws: MediaError.self) { try ImageFile.decode(bytes: damaged) }
        }
    }

    private func read(_ file: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: Shared.images("preprocess", file))))
    }
}
