import Testing

@testable import Inspect

@Suite struct TableTests {
    private let rows = [
        ["dense", "matmul linear fused_linear gated_mlp quantized_linear", "12", "exact"],
        ["norm", "layer_norm", "1234", "close: k * 2^-24 of the sum of all the products"],
    ]

    @Test func longCellsGoOnInTheNextLine() {
        let wide = Table(["kernel", "operators", "n", "promise"], rows, right: [2]).text
        let text = Table(["kernel", "operators", "n", "promise"], rows, right: [2], width: 60).text
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 } && lines.count > 3)
        #expect(wide.split(separator: "\n").count == 3 && wide.contains { $0 == "\n" })
        for row in rows { for word in row.flatMap({ $0.split(separator: " ") }) { #expect(text.contains(word)) } }
        // A table that fits is left as it is, and numbers stay whole.
        #expect(Table(["kernel", "operators", "n", "promise"], rows, right: [2], width: 200).text == wide)
        #expect(text.contains("1234"))
    }

    @Test func pathsBreakBehindTheirParts() {
        let text = Table([], [["file", "/a/long/folder/with/many/parts/and/a_name_of_a_file.safetensors"]], width: 30).text
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 30 })
        #expect(text.filter { !$0.isWhitespace } == "file/a/long/folder/with/many/parts/and/a_name_of_a_file.safetensors")
    }

    @Test func linesOfTextFitTheWidth() {
        let text = "  a line of words that is long enough to be broken twice or so\nshort\n\n"
        let fitted = TextBlock.fitted(text, width: 30)
        #expect(fitted.split(separator: "\n").allSatisfy { $0.count <= 30 } && fitted.hasSuffix("\nshort\n\n"))
        #expect(fitted.split(whereSeparator: \.isWhitespace) == text.split(whereSeparator: \.isWhitespace))
        #expect(TextBlock.fitted(text, width: nil) == text)
        #expect(TextBlock.fitted("onewordthatislongerthanthewidth", width: 10) == "onewordthatislongerthanthewidth")
        #expect(TextBlock.labelled("about  ", "one two three", width: 15) == "about  one two\n       three\n")
    }
}
