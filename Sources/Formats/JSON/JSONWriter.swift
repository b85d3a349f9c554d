import Foundation

/// JSON text of values, with sorted keys so that equal values give equal texts.
package enum JSONWriter {
    /// NaN and infinities become the texts `nan`, `inf` and `-inf`.
    /// - Parameters:
    ///   - isPretty: one entry a line.
    ///   - joinsWords: keys of several words have underscores between them: `batchSize` becomes `batch_size`.
    /// - Throws: what `value` throws while it is encoded.
    package static func text(_ value: some Encodable, isPretty: Bool = false, joinsWords: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        if joinsWords { encoder.keyEncodingStrategy = .convertToSnakeCase }
        encoder.outputFormatting =
            isPretty ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
