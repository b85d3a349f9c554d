import Media
import Testing

/// Small cases whose reference values were made with Pillow 13.
@Suite struct ResizeTests {
    static let row: [UInt8] = [0, 255, 10, 200, 90, 31, 255]

    static let references: [(filter: ResampleFilter, width: Int, bytes: [UInt8], wide: [UInt16])] = [
        (
            .nearest, 3, [255, 200, 31],
            [65535, 51400, 7967]
        ),
        (
            .nearest, 10, [0, 255, 255, 10, 200, 200, 90, 31, 31, 255],
            [0, 65535, 65535, 2570, 51400, 51400, 23130, 7967, 7967, 65535]
        ),
        (
            .box, 3, [128, 100, 143],
            [32768, 25700, 36751]
        ),
        (
            .box, 10, [0, 255, 255, 10, 200, 200, 90, 31, 31, 255],
            [0, 65535, 65535, 2570, 51400, 51400, 23130, 7967, 7967, 65535]
        ),
        (
            .bilinear, 3, [111, 123, 124],
            [28637, 31535, 31776]
        ),
        (
            .bilinear, 10, [0, 140, 194, 22, 134, 162, 87, 46, 132, 255],
            [0, 36044, 49794, 5718, 34309, 41506, 22372, 11758, 33873, 65535]
        ),
        (
            .hamming, 3, [126, 128, 124],
            [32480, 32902, 31929]
        ),
        (
            .hamming, 10, [0, 157, 236, 11, 163, 179, 90, 36, 117, 255],
            [0, 40310, 60724, 2854, 42009, 45963, 23062, 9125, 30125, 65535]
        ),
        (
            .bicubic, 3, [111, 116, 129],
            [28575, 29938, 33202]
        ),
        (
            .bicubic, 10, [0, 152, 219, 13, 138, 182, 86, 25, 132, 255],
            [0, 38971, 56209, 3348, 35559, 46684, 21990, 6337, 33890, 65535]
        ),
        (
            .lanczos, 3, [112, 114, 130],
            [28781, 29378, 33453]
        ),
        (
            .lanczos, 10, [0, 160, 224, 14, 126, 203, 81, 5, 138, 255],
            [0, 41105, 57615, 3700, 32323, 52065, 20705, 1207, 35409, 65535]
        ),
    ]

    @Test(arguments: references.indices) func matchesPillow(index: Int) throws {
        let (filter, width, bytes, wide) = Self.references[index]
        let image = try ByteImage(width: 7, height: 1, channels: 1, samples: Self.row)
        #expect(try image.resize(width: width, height: 1, filter: filter).samples == bytes)
        let column = try ByteImage(width: 1, height: 7, channels: 1, samples: Self.row)
        #expect(try column.resize(width: 1, height: width, filter: filter).samples == bytes)
        let image16 = try Image16(width: 7, height: 1, channels: 1, samples: Self.row.map { UInt16($0) * 257 })
        #expect(try image16.resize(width: width, height: 1, filter: filter).samples == wide)
    }

    @Test func floats() throws {
        let image = try FloatImage(width: 7, height: 1, channels: 1, samples: Self.row.map(Float.init))
        let out = try image.resize(width: 3, height: 1, filter: .bicubic).samples
        #expect(out == [111.18548583984375, 116.4920654296875, 129.18951416015625])
    }

    /// Pillow 13 makes the new height first where it loses more than twice the pixels that the width does: the first and third case.
    @Test(
        arguments: [
            (25, 4, 0xC842_E58A_06A3_0F44, 0x6886_EE90_BF00_ECA4), (25, 12, 0x8478_5B29_6339_E125, 0x46A6_7ACD_5856_21A7),
            (40, 4, 0x3054_344E_BFC1_A144, 0xAAD9_782A_7EEB_C46D), (31, 4, 0x63CB_1CF1_AC90_A2A6, 0x5128_58E0_42FB_31EE),
        ] as [(Int, Int, UInt64, UInt64)]) func theOrderOfPassesIsPillows(width: Int, height: Int, colors: UInt64, depth: UInt64) throws
    {
        let image = try Fixtures.picture(width: 31, height: 22, channels: 3)
        #expect(Fixtures.hash(try image.resize(width: width, height: height).samples) == colors)
        let red = stride(from: 0, to: image.samples.count, by: 3).map { UInt16(image.samples[$0]) * 257 }
        let resized = try Image16(width: 31, height: 22, channels: 1, samples: red).resize(width: width, height: height)
        #expect(Fixtures.hash(resized.samples.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }) == depth)
    }

    @Test func transparentPixelsDoNotBleed() throws {
        let samples: [UInt8] = [255, 0, 0, 255, 0, 255, 0, 0, 10, 20, 200, 128, 90, 80, 70, 30]
        let image = try ByteImage(width: 4, height: 1, channels: 4, samples: samples)
        let out = try image.resize(width: 3, height: 1, filter: .bilinear).samples
        #expect(out == [255, 0, 0, 179, 11, 19, 199, 64, 38, 38, 155, 59])
    }

    @Test(arguments: ResampleFilter.allCases) func constantStaysConstant(filter: ResampleFilter) throws {
        let image = try ByteImage(width: 13, height: 9, channels: 3, filledWith: 77)
        for (w, h) in [(1, 1), (4, 20), (40, 3), (13, 9)] {
            let out = try image.resize(width: w, height: h, filter: filter)
            #expect(out.samples == [UInt8](repeating: 77, count: w * h * 3))
        }
    }

    @Test func emptyAndHugeTargetsAreRefused() throws {
        let image = try ByteImage(width: 2, height: 2, channels: 1, filledWith: 0)
        #expect(throws: MediaError.self) { try image.resize(width: 0, height: 5) }
        #expect(throws: MediaError.self) { try image.resize(width: 5, height: -1) }
        #expect(throws: MediaError.self) { try image.resize(width: 1 << 19, height: 1 << 19) }
        #expect(throws: MediaError.self) { try image.resize(width: .max, height: .max) }
    }

    @Test func cropPadsWithZero() throws {
        let image = try ByteImage(width: 2, height: 2, channels: 1, samples: [1, 2, 3, 4])
        #expect(
            try image.crop(CropBox(top: -1, left: 1, height: 3, width: 2)).samples == [0, 0, 2, 0, 4, 0])
        #expect(try image.crop(CropBox(top: 9, left: -9, height: 1, width: 2)).samples == [0, 0])
        #expect(throws: MediaError.self) { try image.crop(CropBox(top: 0, left: 0, height: 0, width: 2)) }
        #expect(throws: MediaError.self) { try image.crop(CropBox(top: .max, left: 0, height: 2, width: 2)) }
    }

    @Test func centerSquareRoundsHalfToEven() throws {
        for (size, offset) in [(5, 2), (4, 2), (6, 2), (8, 4), (10, 4)] {
            let image = try ByteImage(width: size, height: size == 4 ? 8 : 1, channels: 1, filledWith: 0)
            let box = image.centerSquare
            #expect(max(box.top, box.left) == offset, "size \(size)")
        }
    }
}
