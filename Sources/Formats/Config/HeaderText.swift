/// Values of a checkpoint's header metadata, all strings, as the official reader takes them
/// (fourm/utils/checkpoint.py, `safe_parse_metadata`): each `None` becomes `null`, then the text is read as YAML 1.1;
/// text that is no YAML stays as it was.
///
/// What differs: dates become text as Python writes them, keys of dictionaries become text (as in JSON), integers beyond `Int` become
/// doubles, and what would be recursive, deeper than ``YAMLParser/maximumDepth`` or swollen by aliases stays text.
package enum HeaderText {
    /// Longer texts are not read (unit: Unicode scalars).
    static let maximumLength = 10_000

    package static func parse(_ text: String) -> ConfigValue {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= maximumLength else { return .string(text) }
        do throws(YAMLError) {
            return try YAMLParser.parse(replacingNone(scalars))
        } catch {
            return .string(text)
        }
    }

    /// A header's metadata as a dictionary, sorted by key.
    package static func parse(_ metadata: [String: String]) -> ConfigValue {
        .dict(ConfigDictionary(metadata.sorted { $0.key < $1.key }.map { ($0.key, parse($0.value)) }))
    }

    private static func replacingNone(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        let none: [Unicode.Scalar] = ["N", "o", "n", "e"]
        let null: [Unicode.Scalar] = ["n", "u", "l", "l"]
        var out = scalars
        var index = 0
        while index + 4 <= out.count {
            if out[index..<index + 4].elementsEqual(none) {
                out.replaceSubrange(index..<index + 4, with: null)
                index += 4
            } else {
                index += 1
            }
        }
        return out
    }
}
