import Foundation
import Media
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: [1, 3, 4]) func bytes(channels: Int) throws {
        let image = try Fixtures.picture(width: 37, height: 23, channels: channels)
        let decoded = try ImageFile.decode(bytes: image.pngBytes())
        #expect(decoded == DecodedImage(pixels: .bytes(image), orientation: 1))
        #expect(decoded.rgb == image.rgb)
    }

    @Test func gray16() throws {
        let samples = (0..<31 * 17).map { UInt16(truncatingIfNeeded: $0 &* 2503) }
        let image = try Image16(width: 31, height: 17, channels: 1, samples: samples)
        let decoded = try ImageFile.decode(bytes: image.pngBytes())
        #expect(try decoded.gray16() == image)
        #expect(decoded.rgb[3, 0] == UInt8(min(255, samples[3])))
    }

    @Test func palette() throws {
        let indices = try ByteImage(width: 3, height: 2, channels: 1, samples: [0, 1, 2, 2, 1, 0])
        let palette = LabelPalette.distinct(3).colors
        let decoded = try ImageFile.decode(bytes: indices.pngBytes(palette: palette))
        #expect(decoded.pixels == .indexed(indices, palette: palette))
        #expect(try decoded.labels() == indices)
        #expect(decoded.rgb == indices.colored(with: palette))
        #expect(throws: MediaError.self) { try indices.pngBytes(palette: Array(palette.prefix(2))) }
    }

    @Test func writingLeavesNoTemporaryFile() throws {
        try Fixtures.withFolder { folder in
            let image = try Fixtures.picture(width: 5, height: 4, channels: 3)
            let path = folder + "/a.png"
            try image.writePNG(to: path)
            try image.flippedVertically().writePNG(to: path)
            #expect(try ImageFile.load(path: path) == image.flippedVertically())
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
            #expect(throws: MediaError.self) { try image.writePNG(to: folder + "/missing/a.png") }
            #expect(throws: MediaError.self) { try image.writePNG(to: folder) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.png"])
        }
    }

    @Test func typeIsToldByContent() throws {
        try Fixtures.withFolder { folder in
            let path = folder + "/picture.jpg"
            try Fixtures.picture(width: 5, height: 4, channels: 3).writePNG(to: path)
            #expect(try ImageFile.load(path: path).width == 5)
        }
    }

    /// Pillow clips at 255, which turns nearly all of such a picture white.
    @Test func sixteenBitGreyAsColourKeepsItsHighBytes() throws {
        let image = try Image16(width: 4, height: 1, channels: 1, samples: [0, 255, 0x80FF, 65535])
        let decoded = try ImageFile.decode(bytes: image.pngBytes())
        #expect(decoded.colors.rgb.samples == [0, 0, 0, 0, 0, 0, 128, 128, 128, 255, 255, 255])
        #expect(try decoded.gray16() == image)
    }

    @Test func eightBitDepthIsWidened() throws {
        let image = try ByteImage(width: 2, height: 1, channels: 1, samples: [0, 255])
        #expect(try ImageFile.decode(bytes: image.pngBytes()).gray16().samples == [0, 65535])
        let color = try Fixtures.picture(width: 2, height: 1, channels: 3)
        #expect(throws: MediaError.self) { try ImageFile.decode(bytes: color.pngBytes()).gray16() }
        #expect(throws: MediaError.self) { try ImageFile.decode(bytes: color.pngBytes()).labels() }
    }
}
