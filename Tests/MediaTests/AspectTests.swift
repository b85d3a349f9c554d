import Testing

@testable import Media

struct AspectTests {
    private static func picture(_ width: Int, _ height: Int) throws -> ByteImage {
        try ByteImage(width: width, height: height, channels: 1, samples: (0..<width * height).map { UInt8(truncatingIfNeeded: $0) })
    }

    @Test(arguments: [
        (100, 50, 1, 1, CropBox(top: 0, left: 25, height: 50, width: 50)),
        (100, 50, 2, 1, CropBox(top: 0, left: 0, height: 50, width: 100)),
        (100, 50, 4, 1, CropBox(top: 12, left: 0, height: 25, width: 100)),
        (100, 50, 1, 2, CropBox(top: 0, left: 37, height: 50, width: 25)),
        (3, 3, 100, 1, CropBox(top: 1, left: 0, height: 1, width: 3)),
    ])
    func theBoxHasTheShapeAndTheCentre(_ width: Int, _ height: Int, _ w: Int, _ h: Int, _ expected: CropBox) throws {
        #expect(try Self.picture(width, height).centerBox(width: w, height: h) == expected)
    }

    @Test func squaresAreThoseOfTheReference() throws {
        let picture = try Self.picture(37, 22)
        #expect(picture.centerBox(width: 64, height: 64) == picture.centerSquare)
        #expect(try Preprocess.rgb(picture, .init(centering: picture, width: 16, height: 16)) == Preprocess.square(picture, side: 16))
    }

    @Test func resizesToTheSizeAsked() throws {
        let wide = try Preprocess.rgb(Self.picture(40, 30), .init(centering: Self.picture(40, 30), width: 24, height: 8))
        #expect((wide.width, wide.height) == (24, 8))
    }
}
