/// Character classes as Hugging Face `tokenizers` (Rust) defines them.
extension Unicode.Scalar {
    /// Rust `char::is_whitespace`: the Unicode property White_Space.
    var isWhitespace: Bool { isASCII ? value == 0x20 || (value >= 9 && value <= 13) : properties.isWhitespace }

    /// The regular expression class `\w` with Unicode: Alphabetic, marks, decimal digits, connectors, join controls.
    var isWord: Bool {
        if isASCII {
            return (value >= 0x30 && value <= 0x39) || (value | 0x20 >= 0x61 && value | 0x20 <= 0x7A) || value == 0x5F
        }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }

    /// The category in the Unicode 8 tables of the Rust crate behind the BERT classes: later characters are unassigned,
    /// and seven have changed since.
    private var bertCategory: Unicode.GeneralCategory {
        switch value {
        case 0x166D, 0x111C9: return .otherPunctuation
        case 0x1734, 0x1171E: return .nonspacingMark
        case 0x1885, 0x1886: return .otherLetter
        case 0xA9BD: return .spacingMark
        default: break
        }
        guard let age = properties.age, age.major <= 8 else { return .unassigned }
        return properties.generalCategory
    }

    /// What `BertNormalizer` strips as an accent: category Mn.
    var isBertAccent: Bool { !isASCII && bertCategory == .nonspacingMark }

    /// BERT punctuation: every ASCII symbol that is no letter, digit or space, and Unicode categories P*.
    var isBertPunctuation: Bool {
        if isASCII { return value > 0x20 && value < 0x7F && (!isWord || value == 0x5F) }
        return switch bertCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    /// Rust `char::is_numeric`: Unicode categories N*.
    var isNumeric: Bool {
        if isASCII { return value >= 0x30 && value <= 0x39 }
        return switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// What `BertNormalizer` removes when it cleans text, after white space has been looked at: NUL, U+FFFD, and
    /// categories Cc, Cf, Co, Cs.
    var isBertControl: Bool {
        if isASCII { return value < 0x20 || value == 0x7F }
        if value == 0xFFFD { return true }
        return switch bertCategory {
        case .control, .format, .privateUse, .surrogate: true
        default: false
        }
    }

    /// The blocks that `BertNormalizer` sets off by spaces, with the gap at U+2B820...U+2B91F that the original has.
    var isChineseCharacter: Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0xF900...0xFAFF, 0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}

/// Reads scalars out of UTF-8 bytes that are known to be valid.
enum UTF8Text {
    /// The scalar that starts at `index`, nil at the end.
    static func scalar(in bytes: ArraySlice<UInt8>, at index: Int) -> Unicode.Scalar? {
        guard index < bytes.endIndex else { return nil }
        let end = min(index + 4, bytes.endIndex)
        return String(decoding: bytes[index..<end], as: UTF8.self).unicodeScalars.first
    }

    /// The scalar that ends before `index`, nil at the start.
    static func scalar(in bytes: ArraySlice<UInt8>, before index: Int) -> Unicode.Scalar? {
        var start = index
        repeat {
            guard start > bytes.startIndex else { return nil }
            start -= 1
        } while bytes[start] & 0xC0 == 0x80
        return String(decoding: bytes[start..<index], as: UTF8.self).unicodeScalars.first
    }

    static func scalars(_ bytes: ArraySlice<UInt8>) -> [Unicode.Scalar] {
        Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
    }

    static func bytes(_ scalars: some Sequence<Unicode.Scalar>) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in scalars {
            if scalar.isASCII {
                bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            }
        }
        return bytes
    }
}
