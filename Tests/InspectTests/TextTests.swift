import Inspect
import Testing

@Suite struct TextTests {
    @Test func tablesAlign() {
        let table = Table(["name", "n"], [["a", "1"], ["long", "100"]], indent: " ", right: [1])
        #expect(table.text == " name    n\n a       1\n long  100\n")
        #expect(Table([], [["a", "b"], ["c"]]).text == "a  b\nc\n")
        #expect(Table([], []).text.isEmpty)
    }

    @Test func numbersForPeople() {
        #expect(Human.bytes(999) == "999 B")
        #expect(Human.bytes(1000) == "1.00 kB")
        #expect(Human.bytes(999_999) == "1.00 MB")
        #expect(Human.bytes(7_940_123) == "7.94 MB")
        #expect(Human.bytes(11_300_000_000) == "11.3 GB")
        #expect(Human.count(705_000_000) == "705 M")
        #expect(Human.exact(3_970_000) == "3,970,000")
        #expect(Human.exact(-12) == "-12")
    }

    @Test func textWraps() {
        #expect(TextBlock.wrapped("one two three", indent: 2, width: 9) == "  one two\n  three\n")
    }
}

@Suite struct DocTextTests {
    @Test func textsOfFilesBecomeOneLine() {
        #expect(DocText.line("two\n  lines\u{1B}[2J") == "two lines[2J")
        let long = DocText.line(String(repeating: "word ", count: 100))
        #expect(long.hasSuffix("…") && long.count == 200)
        #expect(DocText.rows("properties", ["b": "2", "a": "1"]) == [["properties", "a: 1"], ["", "b: 2"]])
    }
}
