import Testing

@testable import Media

@Suite struct ContactSheetTests {
    private func cells(_ count: Int) throws -> [ContactSheet.Cell] {
        let picture = try Fixtures.picture(width: 200, height: 100, channels: 3)
        return (0..<count).map { ContactSheet.Cell(title: "cell \($0)", .image(picture)) }
    }

    @Test func pageOfTwoColumns() throws {
        var sheet = ContactSheet(title: "Title", footer: "footer", columns: 2, cellWidth: 64, cellHeight: 48)
        #expect(try sheet.render().width > 64)
        sheet.sections = [
            .init(try cells(1) + [.init(title: "text", .text("words"), footer: "1.0"), .init(title: "nothing", .empty)])
        ]
        let page = try sheet.render()
        #expect(page.width == 3 * 20 + 2 * 64 && page.height > 2 * 48 + 3 * 20)
        #expect(page.samples.contains(255))
        sheet.cellWidth = 3
        #expect(throws: MediaError.self) { try sheet.render() }
    }

    /// One row of fifteen would be 3,680 pixels wide.
    @Test(arguments: [(1, 1, 1), (6, 6, 1), (7, 4, 2), (15, 5, 3), (25, 5, 5)])
    func manyCellsWrapIntoEvenRows(_ count: Int, _ columns: Int, _ rows: Int) throws {
        let layout = try SheetLayout(ContactSheet(sections: [.init(try cells(count))]))
        #expect(layout.width == 20 + columns * 244 && layout.width <= ContactSheet.widest)
        #expect(Set(layout.cards.map(\.card.y)).count == rows && layout.cards.count == count)
        #expect(layout.cards.allSatisfy { $0.card.x + $0.card.width <= layout.width && $0.card.y + $0.card.height < layout.height })
    }

    @Test func sectionsHaveHeadingsAndRowsOfTheirOwn() throws {
        let layout = try SheetLayout(ContactSheet(sections: [.init(title: "one", try cells(2)), .init(title: "two", try cells(3))]))
        #expect(layout.texts.map(\.lines.first).filter { ["one", "two"].contains($0) } == ["one", "two"] && layout.rules.count == 2)
        let tops = layout.cards.map(\.card.y)
        #expect(tops[0] == tops[1] && tops[1] < tops[2] && tops[2] == tops[4])
    }

    @Test func longTextsGrowTheirRow() throws {
        func height(_ words: Int) throws -> Int {
            let text = String(repeating: "many words ", count: words)
            return try SheetLayout(ContactSheet(sections: [.init(try cells(1) + [.init(title: "", .text(text))])])).cards[0].card.height
        }
        #expect(try height(3) == 224)
        #expect(try height(60) > 224 && height(60) < 3 * 224)
        #expect(try height(4000) == 3 * 224)
    }

    @Test func keysNameTwelveClassesAndCountTheRest() {
        let classes = (0..<100).map { (name: "class \($0)", color: RGBColor.black) }
        let font = ContactSheet.Style().smallFont
        let items = ColorKey.flow(classes, width: 224, font)
        #expect(items.count == 13 && items.last?.name == "and 88 more" && items.last?.color == nil)
        #expect(items.allSatisfy { $0.x + font.width($0.name) <= 224 })
        #expect(ColorKey.flow(Array(classes.prefix(12)), width: 224, font).count == 12)
        #expect(ColorKey.classes([]).height(width: 224, font) == 0)
        let long = ColorKey.flow([(String(repeating: "long ", count: 40), .black)], width: 100, font)
        #expect(long[0].name.hasSuffix("…"))
        #expect(ColorKey.scale(.turbo, low: "near", high: "far").height(width: 224, font) == 13 + font.lineHeight)
    }

    @Test func keysAreDrawnBelowTheirPicture() throws {
        let key = ColorKey.classes([("red", RGBColor(250, 1, 2))])
        let plain = try ContactSheet(sections: [.init(try cells(1))]).render()
        var marked = try cells(1)
        marked[0].key = key
        let page = try ContactSheet(sections: [.init(marked)]).render()
        #expect(page.height > plain.height)
        let found = stride(from: 0, to: page.samples.count, by: 3).filter { Array(page.samples[$0..<$0 + 3]) == [250, 1, 2] }
        #expect(found.count == ContactSheet.Style().smallFont.capHeight * ContactSheet.Style().smallFont.capHeight)
    }

    @Test func textsOfAnyScriptAreDrawn() throws {
        let sheet = ContactSheet(title: "写真 🙂‍↔️ \u{202E}\u{0}\u{7}", sections: [.init(title: "日本", try cells(1))])
        #expect(try sheet.render().width == 264)
    }

    @Test func theSameSheetHasTheSameBits() throws {
        let sheet = ContactSheet(title: "Title", sections: [.init(title: "one", try cells(2) + [.init(title: "", .text("a word"))])])
        #expect(try sheet.render() == sheet.render())
    }
}
