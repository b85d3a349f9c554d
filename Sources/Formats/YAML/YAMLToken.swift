/// Text that is no YAML, or YAML beyond what is read here.
struct YAMLError: Error {
    let problem: String

    init(_ problem: String) { self.problem = problem }
}

/// What the scanner finds. Block collections carry no brackets in the text; the scanner derives their starts and ends
/// from the indentation.
enum YAMLToken: Equatable {
    case documentStart, documentEnd, streamEnd
    case blockSequenceStart, blockMappingStart, blockEnd
    case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
    case blockEntry, flowEntry, key, value
    case alias(String)
    case anchor(String)
    /// The tag as written, with its exclamation marks.
    case tag(String)
    case scalar(String, plain: Bool)
}

extension Unicode.Scalar {
    /// End of the text; the reader refuses this character in the text itself.
    static let yamlEnd: Unicode.Scalar = "\0"

    var isYAMLBreak: Bool {
        self == "\n" || self == "\r" || self == "\u{85}" || self == "\u{2028}" || self == "\u{2029}"
    }

    var isYAMLBreakOrEnd: Bool { isYAMLBreak || self == .yamlEnd }

    var isYAMLBlank: Bool { self == " " || self == "\t" }

    var isYAMLSpaceOrEnd: Bool { isYAMLBlank || isYAMLBreakOrEnd }

    /// Letters, digits, `-` and `_`: what anchors are made of.
    var isYAMLWord: Bool {
        switch self {
        case "0"..."9", "A"..."Z", "a"..."z", "-", "_": true
        default: false
        }
    }

    /// Characters YAML allows at all.
    var isYAMLPrintable: Bool {
        switch value {
        case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
