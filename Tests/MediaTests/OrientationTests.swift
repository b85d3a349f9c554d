import Foundation
import Media
import Testing

@Suite struct OrientationTests {
    /// 0 1 2 / 3 4 5 as stored, upright for each orientation (TIFF 6.0: where row 0 and column 0 are to be shown).
    static let upright: [(Int, [[UInt8]])] = [
        (1, [[0, 1, 2], [3, 4, 5]]), (2, [[2, 1, 0], [5, 4, 3]]), (3, [[5, 4, 3], [2, 1, 0]]),
        (4, [[3, 4, 5], [0, 1, 2]]), (5, [[0, 3], [1, 4], [2, 5]]), (6, [[3, 0], [4, 1], [5, 2]]),
        (7, [[5, 2], [4, 1], [3, 0]]), (8, [[2, 5], [1, 4], [0, 3]]),
    ]

    @Test(arguments: upright) func pngWithExif(orientation: Int, rows: [[UInt8]]) throws {
        let stored = try ByteImage(width: 3, height: 2, channels: 1, samples: [0, 1, 2, 3, 4, 5])
        for littleEndian in [true, false] {
            var bytes = try stored.pngBytes()
            let block = Fixtures.exif(UInt8(orientation), littleEndian: littleEndian)
            bytes.insert(contentsOf: Fixtures.pngChunk("eXIf", block), at: 33)
            let image = try ImageFile.decode(bytes: bytes).labels()
            #expect(image.width == rows[0].count && image.height == rows.count)
            #expect(image.samples == rows.flatMap { $0 })
            #expect(try ImageFile.decode(bytes: bytes, options: .ignoringOrientation).labels() == stored)
        }
    }

    @Test(needsShared) func jpeg() throws {
        let path = Shared.images("preprocess", "exif_rotated.jpg")
        let raw = try ImageFile.decode(path: path, options: .ignoringOrientation)
        #expect(raw.orientation != 1)
        let turned = try ImageFile.load(path: path)
        #expect(turned == raw.rgb.oriented(raw.orientation))
        #expect(turned != raw.rgb)
    }

    @Test(needsShared, arguments: 1...8) func jpegSegment(orientation: Int) throws {
        let url = URL(fileURLWithPath: Shared.images("preprocess", "gray.jpg"))
        let bytes = [UInt8](try Data(contentsOf: url))
        for littleEndian in [true, false] {
            let body = Array("Exif\0\0".utf8) + Fixtures.exif(UInt8(orientation), littleEndian: littleEndian)
            let segment = [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
            let decoded = try ImageFile.decode(
                bytes: Array(bytes[..<2]) + segment + Array(bytes[2...]), options: .ignoringOrientation)
            #expect(decoded.orientation == orientation)
        }
    }

    @Test func damagedBlocksAreIgnored() throws {
        let stored = try ByteImage(width: 3, height: 2, channels: 1, samples: [0, 1, 2, 3, 4, 5])
        let block = Fixtures.exif(6, littleEndian: true)
        var damaged = (0..<block.count - 6).map { Array(block[..<$0]) }.filter { !$0.isEmpty }
        damaged.append(Fixtures.exif(9, littleEndian: true))
        damaged.append(Fixtures.exif(0, littleEndian: false))
        var far = block
        far.replaceSubrange(4..<8, with: [0xFF, 0xFF, 0xFF, 0xFF])
        damaged.append(far)
        for block in damaged {
            var bytes = try stored.pngBytes()
            bytes.insert(contentsOf: Fixtures.pngChunk("eXIf", block), at: 33)
            #expect(try ImageFile.decode(bytes: bytes).labels() == stored)
        }
    }
}
