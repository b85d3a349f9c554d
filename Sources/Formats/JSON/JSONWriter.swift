import Foundation

/// JSON text of values, with sorted keys so that equal values give equal texts.
package enum JSONWriter {
    /// - Parameter isPretty: one entry a line. NaN and infinities become the texts `nan`, `inf` and `-inf`.
    /// - Throws: what `value` throws while it is encoded.
    package static func text(_ value: some Encodable, isPretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            isPretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
