import Testing

@testable import Media

@Suite struct TextFontTests {
    private let font = TextFont(13)

    private func picture(_ text: String, _ font: TextFont, x: Int = 4, width: Int = 200, channels: Int = 1) throws -> ByteImage {
        var image = try ByteImage(width: width, height: 32, channels: channels, filledWith: 255)
        try image.text(text, x: x, y: 4, .black, font)
        return image
    }

    @Test func everyPrintableCharacterLooksDifferent() throws {
        let pictures = try (33...126).map { code in
            let image = try picture(String(UnicodeScalar(UInt8(code))), TextFont(20), width: 40)
            #expect(image.samples.contains { $0 < 80 }, "character \(code)")
            return image.samples
        }
        #expect(Set(pictures).count == 94)
    }

    /// What is drawn begins at x and ends before its width.
    @Test(arguments: ["Semantic segmentation", "iiii", "WWWW", "0.25"]) func widthsAreThoseOfTheDrawing(_ text: String) throws {
        for font in [font, font.scaled(1.6, isBold: true)] {
            let image = try picture(text, font, width: 400)
            let inked = (0..<400).filter { x in (0..<32).contains { image[x, $0] < 128 } }
            let (first, last) = (try #require(inked.first), try #require(inked.last))
            #expect(first >= 3 && first <= 8 && last < 5 + font.width(text) && last > font.width(text) - 6)
        }
    }

    @Test func widthsGrowWithTheTextAndTheSize() {
        #expect(font.width("") == 0 && font.width("ab") > font.width("a"))
        #expect(abs(font.scaled(2).width("a photo") - 2 * font.width("a photo")) <= 2)
        #expect(font.scaled(1, isBold: true).width("Bounding boxes") > font.width("Bounding boxes"))
        #expect(TextFont(.nan).size == 4 && TextFont(-.infinity).size == 4 && TextFont(1e300).size == 1024)
        #expect(font.baseline < font.lineHeight && font.capHeight < font.baseline)
    }

    @Test func theSameTextHasTheSameBits() throws {
        #expect(try picture("a photo", font) == picture("a photo", font))
        // Wherever it stands, whatever its neighbours are.
        let (near, far) = (try picture("a photo", font, x: 4), try picture("a photo", font, x: 90))
        for x in 0..<100 { #expect((0..<32).allSatisfy { near[x, $0] == far[x + 86, $0] }) }
        let clipped = try picture("a photo", font, x: -20)
        for x in 0..<60 { #expect((0..<32).allSatisfy { near[x + 24, $0] == clipped[x, $0] }) }
    }

    @Test func whatShowsNothingTakesNoRoom() throws {
        #expect(font.width("e\u{301}tude") == font.width("\u{E9}tude"))
        #expect(try picture("e\u{301}tude", font) == picture("\u{E9}tude", font))
        #expect(font.width("a\u{200D}b\u{202E}\u{FE0F}") == font.width("ab"))
        #expect(font.width("a\u{0}b\tc\u{7F}") == font.width("a b c "))
        #expect(font.width("写") > 0 && font.width("🙂") > 0)
    }

    @Test func inkIsLaidOverWhatIsThere() throws {
        var clear = try ByteImage(width: 60, height: 32, channels: 4, filledWith: 0)
        try clear.text("ink", x: 4, y: 4, RGBColor(200, 100, 50), font)
        let pixels = stride(from: 0, to: clear.samples.count, by: 4).map { Array(clear.samples[$0..<$0 + 4]) }
        #expect(pixels.allSatisfy { $0[3] == 0 ? $0 == [0, 0, 0, 0] : Array($0[..<3]) == [200, 100, 50] })
        #expect(Set(pixels.map { $0[3] }).count > 8)
        let opaque = try picture("ink", font, channels: 4)
        #expect(stride(from: 3, to: opaque.samples.count, by: 4).allSatisfy { opaque.samples[$0] == 255 })
    }

    @Test func lines() throws {
        var image = try ByteImage(width: 20, height: 20, channels: 1, filledWith: 0)
        try image.lines([(10, 10)], .white, thickness: 10)
        let area = image.samples.reduce(0) { $0 + Double($1) } / 255
        #expect(abs(area - 25 * Double.pi) < 1 && image[10, 10] == 255 && image[5, 5] == 0)
        let disc = image
        for points in [[], [(Double.nan, 1.0)], [(1, 1), (.infinity, 2)]] { try image.lines(points, .black, thickness: 3) }
        try image.lines([(1, 1), (15, 15)], .black, thickness: -1)
        #expect(image == disc)
    }

    @Test func wrapping() {
        let text = "a photo of twenty small blue cubes\nand anextraordinarilylongword"
        let lines = font.wrap(text, width: 80)
        #expect(lines.allSatisfy { font.width($0) <= 80 } && lines.count > 3)
        #expect(lines.joined().filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
        #expect(font.wrap("abc", width: 0) == ["a", "b", "c"])
    }

    @Test func truncating() {
        #expect(font.truncate("a sentence", width: 400) == "a sentence")
        for width in 0..<font.width("a long sentence") {
            let cut = font.truncate("a long sentence", width: width)
            #expect(font.width(cut) <= width && (cut.isEmpty || cut.hasSuffix("…")) && !cut.hasSuffix(" …"))
        }
        #expect(font.truncate("a word", width: 400, isCut: true) == "a word…" && font.truncate("", width: 400).isEmpty)
        // Long texts take few measurements.
        #expect(font.width(font.truncate(String(repeating: "word ", count: 20_000), width: 100)) > 60)
    }
}
