/// JSON text as serde_json indents it: two spaces a level, non-ASCII characters as they are.
struct IndentedObject {
    private(set) var bytes: [UInt8] = []
    private var depth = 0
    private var isFirst = true

    mutating func open(_ bracket: String) {
        bytes += bracket.utf8
        (depth, isFirst) = (depth + 1, true)
    }

    mutating func close(_ bracket: String) {
        depth -= 1
        if !isFirst { breakLine() }
        bytes += bracket.utf8
        isFirst = false
    }

    /// - Parameter value: JSON text.
    mutating func member(_ name: String, _ value: String) { member(bytes: name.utf8, value) }

    mutating func member(bytes name: some Sequence<UInt8>, _ value: String) {
        begin()
        bytes += (IndentedObject.quoted(name) + ": " + value).utf8
    }

    mutating func object(_ name: String, _ body: (inout IndentedObject) -> Void) {
        member(name, "")
        open("{")
        body(&self)
        close("}")
    }

    mutating func array(_ name: String, _ body: (inout IndentedObject) -> Void) {
        member(name, "")
        open("[")
        body(&self)
        close("]")
    }

    /// An object in an array.
    mutating func element(_ body: (inout IndentedObject) -> Void) {
        begin()
        open("{")
        body(&self)
        close("}")
    }

    private mutating func begin() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        breakLine()
        isFirst = false
    }

    private mutating func breakLine() {
        bytes.append(UInt8(ascii: "\n"))
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: 2 * depth)
    }

    /// UTF-8 in quotes, with the escapes that JSON demands and no others.
    static func quoted(_ text: some Sequence<UInt8>) -> String {
        var made: [UInt8] = [quote]
        for byte in text {
            switch byte {
            case quote, UInt8(ascii: "\\"): made += [UInt8(ascii: "\\"), byte]
            case 0x08: made += "\\b".utf8
            case 0x09: made += "\\t".utf8
            case 0x0A: made += "\\n".utf8
            case 0x0C: made += "\\f".utf8
            case 0x0D: made += "\\r".utf8
            case ..<0x20: made += ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
            default: made.append(byte)
            }
        }
        return String(decoding: made + [quote], as: UTF8.self)
    }

    private static let quote = UInt8(ascii: "\"")
}
