import Foundation

/// Values as JSON for people and programs.
package enum IndentedJSON {
    /// `value` as indented JSON with sorted keys. Infinite and undefined numbers become the strings `inf`, `-inf`, `nan`.
    package static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
