/// A fault in IR text, with its place (both counted from 1).
package struct ParseError: Error, Sendable, CustomStringConvertible, Equatable {
    package let line: Int
    package let column: Int
    package let message: String

    package var description: String { "line \(line), column \(column): \(message)" }
}

/// Splits IR text into tokens; remembers where each began.
struct Lexer {
    enum Token: Equatable {
        /// Letters, digits, `_ . @ /`; also the text after `%` and `@`.
        case name(String)
        case value(String)
        case symbol(String)
        case string(String)
        case number(String)
        case punctuation(Character)
        case arrow
        case end
    }

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private(set) var token: Token = .end
    private(set) var tokenLine = 1
    private(set) var tokenColumn = 1

    init(_ text: String) throws {
        bytes = Array(text.utf8)
        try advance()
    }

    func error(_ message: String) -> ParseError { ParseError(line: tokenLine, column: tokenColumn, message: message) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func advance() throws {
        skipBlanks()
        tokenLine = line
        tokenColumn = position - lineStart + 1
        guard let byte = current else { token = .end; return }
        switch byte {
        case UInt8(ascii: "%"): token = .value(try sigilName())
        case UInt8(ascii: "@"): token = .symbol(try sigilName())
        case UInt8(ascii: "\""): token = .string(try stringLiteral())
        case UInt8(ascii: "0")...UInt8(ascii: "9"): token = .number(numberLiteral())
        case UInt8(ascii: "-"):
            position += 1
            if current == UInt8(ascii: ">") { position += 1; token = .arrow } else { token = .punctuation("-") }
        case _ where Printer.isNameByte(byte): token = .name(bareName())
        default:
            position += 1
            token = .punctuation(Character(UnicodeScalar(byte)))
        }
    }

    private mutating func skipBlanks() {
        while let byte = current {
            if byte == UInt8(ascii: "\n") {
                line += 1
                lineStart = position + 1
            } else if byte == UInt8(ascii: "#") {
                while let next = current, next != UInt8(ascii: "\n") { position += 1; _ = next }
                continue
            } else if byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t") && byte != UInt8(ascii: "\r") {
                return
            }
            position += 1
        }
    }

    private mutating func sigilName() throws -> String {
        position += 1
        if current == UInt8(ascii: "\"") { return try stringLiteral() }
        let name = bareName()
        if name.isEmpty { throw error("a name must follow '%' or '@'") }
        return name
    }

    private mutating func bareName() -> String {
        let start = position
        while let byte = current, Printer.isNameByte(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Digits, point, exponent; the sign is a token of its own. A name may begin with digits (`4m-b`).
    private mutating func numberLiteral() -> String {
        let start = position
        while let byte = current {
            let isExponentSign =
                (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
                && position > start && (bytes[position - 1] | 0x20) == UInt8(ascii: "e")
            guard isExponentSign || Printer.isNameByte(byte) else { break }
            position += 1
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func stringLiteral() throws -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte != UInt8(ascii: "\n") else { throw error("this string has no closing quote on its line") }
            position += 1
            guard byte == UInt8(ascii: "\\") else { content.append(byte); continue }
            guard let escaped = current else { break }
            position += 1
            switch escaped {
            case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): content.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): content.append(UInt8(ascii: "\r"))
            default: content.append(escaped)
            }
        }
        guard current != nil else { throw error("this string has no closing quote") }
        position += 1
        return String(decoding: content, as: UTF8.self)
    }
}
