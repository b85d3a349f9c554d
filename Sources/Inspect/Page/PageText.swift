import Foundation

/// A page as one file that needs no other: the template with style, script and data in it.
package struct PageText {
    /// The document, with the marks `/*STYLE*/`, `/*SCRIPT*/` and `/*DATA*/`.
    private let html, style, script: String

    package init(html: String, style: String, script: String) { (self.html, self.style, self.script) = (html, style, script) }

    /// - Throws: `EncodingError`.
    package func page(_ data: PageData) throws -> [UInt8] {
        let parts = ["/*STYLE*/": Array(style.utf8), "/*SCRIPT*/": Array(script.utf8), "/*DATA*/": try PageText.json(data)]
        var (page, rest) = ([UInt8](), Substring(html))
        // What is put in is not looked through for marks: names of a model may be any text.
        while let mark = rest.firstMatch(of: /\/\*[A-Z]+\*\//) {
            page += rest[..<mark.range.lowerBound].utf8
            page += parts[String(mark.output)] ?? []
            rest = rest[mark.range.upperBound...]
        }
        return page + rest.utf8
    }

    /// `data` as JSON that may stand in a script element: no `<`, which could end it, and no line separators of Unicode.
    package static func json(_ data: PageData) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let plain = try encoder.encode(data)
        var safe: [UInt8] = []
        safe.reserveCapacity(plain.count + plain.count / 64)
        let separator: [UInt8] = [0xE2, 0x80]
        for byte in plain {
            if byte == UInt8(ascii: "<") {
                safe += Array("\\u003c".utf8)
            } else if byte == 0xA8 || byte == 0xA9, safe.suffix(2).elementsEqual(separator) {
                safe.removeLast(2)
                safe += Array((byte == 0xA8 ? "\\u2028" : "\\u2029").utf8)
            } else {
                safe.append(byte)
            }
        }
        return safe
    }
}
