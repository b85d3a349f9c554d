import Foundation
import Media
import Testing

@Suite struct PictureTests {
    @Test func turboEndsAndMiddle() {
        // Entries 0, 128 and 255 of the published table.
        #expect(ColorMap.turbo(0) == RGBColor(48, 18, 59))
        #expect(ColorMap.turbo(0.5) == RGBColor(164, 252, 60))
        #expect(ColorMap.turbo(1) == RGBColor(122, 4, 3))
        // Neighbours differ little: no entry is out of place.
        let colors = (0...255).map { ColorMap.turbo(Double($0) / 256) }
        for (a, b) in zip(colors, colors.dropFirst()) {
            #expect(abs(Int(a.red) - Int(b.red)) <= 8)
            #expect(abs(Int(a.green) - Int(b.green)) <= 8)
            #expect(abs(Int(a.blue) - Int(b.blue)) <= 8)
        }
        #expect(Set(colors).count == 256)
        #expect(ColorMap.turbo(.nan) == .black)
        #expect(ColorMap.turbo(-5) == ColorMap.turbo(0))
        #expect(ColorMap.gray(0.5) == RGBColor(128, 128, 128))
    }

    @Test func depthPictures() throws {
        let values: [Float] = [0, 1, 2, .nan, .infinity, 4]
        let image = try Pictures.depth(values, width: 3, height: 2)
        #expect(image[0, 0, 0] == ColorMap.turbo(0).red)
        #expect([0, 1, 2].map { image[0, 1, $0] } == [0, 0, 0])
        let gray = try Pictures.depth16(values, width: 3, height: 2)
        #expect(gray.samples == [0, 16384, 32768, 0, 0, 65535])
        #expect(try Pictures.depth16(values, width: 3, height: 2, range: 0...2).samples[1] == 32768)
        #expect(try Pictures.depth16([5, 5], width: 2, height: 1).samples == [32768, 32768])
        #expect(throws: MediaError.self) { try Pictures.depth(values, width: 2, height: 2) }
    }

    @Test func normalsAndNormalization() throws {
        #expect(try Pictures.normals([-1, 0, 2], width: 1, height: 1).samples == [0, 128, 255])
        let image = try Fixtures.picture(width: 9, height: 5, channels: 3)
        for normalization in [PixelNormalization.imagenet, .minus1To1, .none] {
            let tensor = normalization.tensor(image)
            #expect(try normalization.image(tensor, width: 9, height: 5) == image)
        }
    }

    @Test func palettes() throws {
        let colors = LabelPalette.coco.colors
        #expect(colors.count == 134)
        #expect(Set(colors).count == 134)
        #expect(LabelPalette.labels(0).colors.isEmpty)
        let image = try Pictures.segmentation([0, 1, -1, 999], width: 2, height: 2, palette: .coco)
        #expect(Array(image.samples[0..<3]) == [colors[0].red, colors[0].green, colors[0].blue])
        #expect(Array(image.samples[6...]) == [0, 0, 0, 0, 0, 0])
    }

    @Test func standardizedDepthNeedsValues() throws {
        #expect(throws: MediaError.self) { try Preprocess.standardizedDepth([]) }
        #expect(throws: MediaError.self) { try Preprocess.standardizedDepth([1, 2]) }
        // Kept: 1...8 of 0...9; mean 4.5, unbiased variance 6.
        let out = try Preprocess.standardizedDepth((0..<10).map(Float.init))
        #expect(abs(Double(out[0]) - -4.5 / (6 + 1e-6).squareRoot()) < 1e-6)
    }

    @Test func drawingIsClipped() throws {
        var image = try ByteImage(width: 8, height: 6, channels: 3, filledWith: 0)
        for extreme in [Int.min, -3, 0, 5, 100, .max] {
            image.fill(PixelRect(x: extreme, y: extreme, width: .max, height: .max), .white)
            image.outline(PixelRect(x: extreme, y: -2, width: extreme, height: 5), .white, thickness: extreme)
            try image.lines([(Double(extreme), 0), (0, Double(extreme))], .white, thickness: Double(extreme))
            try image.text("Wide text", x: extreme, y: extreme, .white, TextFont(Double(extreme)))
            image.paste(try Fixtures.picture(width: 3, height: 3, channels: 4), x: extreme, y: extreme)
        }
        try image.draw(boxes: [
            LabeledBox(xMin: -.infinity, yMin: .nan, xMax: 1e300, yMax: -4, label: "a long label for a small picture")
        ])
        #expect(image.width == 8 && image.samples.count == 8 * 6 * 3)
    }

    @Test func rectangles() throws {
        var image = try ByteImage(width: 5, height: 4, channels: 1, filledWith: 0)
        image.outline(PixelRect(x: 1, y: 0, width: 4, height: 3), .white)
        #expect(
            image.samples == [0, 255, 255, 255, 255, 0, 255, 0, 0, 255, 0, 255, 255, 255, 255, 0, 0, 0, 0, 0])
        try image.lines([(-2, 3.5), (7, 3.5)], RGBColor(9, 9, 9), thickness: 1)
        #expect(image.samples[15...] == [9, 9, 9, 9, 9])
    }
}
