import Foundation

/// What a tokenizer does to text before it looks for words (the `normalizer` of a tokenizers JSON file).
///
/// Source: Hugging Face `tokenizers`, components BertNormalizer, Sequence, Lowercase, NFC, NFD, NFKC, NFKD,
/// StripAccents and Strip.
enum TextNormalizer: Sendable {
    enum Form: String, Sendable {
        case nfc = "NFC"
        case nfd = "NFD"
        case nfkc = "NFKC"
        case nfkd = "NFKD"
    }

    case bert(BertNormalization)
    case lowercase
    case form(Form)
    case stripAccents
    case strip(left: Bool, right: Bool)
    case sequence([TextNormalizer])

    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        switch self {
        case .bert(let settings): settings.apply(text)
        case .lowercase: Self.lowercased(text)
        case .form(let form): Self.normalized(text, form)
        case .stripAccents: text.filter { !Self.isMark($0) }
        case .strip(let left, let right): Self.stripped(text, left: left, right: right)
        case .sequence(let steps): steps.reduce(text) { $1.apply($0) }
        }
    }

    /// Lower case scalar by scalar: a final sigma is no special case.
    static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(text.count)
        for scalar in text {
            if !scalar.isASCII {
                result.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            } else if scalar.value >= 0x41, scalar.value <= 0x5A, let lower = Unicode.Scalar(scalar.value | 0x20) {
                result.append(lower)
            } else {
                result.append(scalar)
            }
        }
        return result
    }

    static func normalized(_ text: [Unicode.Scalar], _ form: Form) -> [Unicode.Scalar] {
        guard text.contains(where: { !$0.isASCII }) else { return text }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        let string = String(view)
        let result =
            switch form {
            case .nfc: string.precomposedStringWithCanonicalMapping
            case .nfd: string.decomposedStringWithCanonicalMapping
            case .nfkc: string.precomposedStringWithCompatibilityMapping
            case .nfkd: string.decomposedStringWithCompatibilityMapping
            }
        return Array(result.unicodeScalars)
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.isASCII else { return false }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }

    private static func stripped(_ text: [Unicode.Scalar], left: Bool, right: Bool) -> [Unicode.Scalar] {
        var slice = text[...]
        if left { slice = slice.drop { $0.isWhitespace } }
        if right { while let last = slice.last, last.isWhitespace { slice.removeLast() } }
        return Array(slice)
    }
}

/// Settings of `BertNormalizer`; the steps run in the order of the fields.
struct BertNormalization: Sendable {
    /// Removes control characters and turns white space into U+0020.
    var cleansText: Bool
    /// Surrounds CJK ideographs by spaces.
    var spacesChinese: Bool
    /// Decomposes (NFD) and drops nonspacing marks.
    var stripsAccents: Bool
    var lowercases: Bool

    func apply(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var text = text
        if cleansText { text = text.compactMap(Self.cleaned) }
        if spacesChinese { text = Self.spaced(text) }
        if stripsAccents {
            text = TextNormalizer.normalized(text, .nfd).filter { !$0.isBertAccent }
        }
        return lowercases ? TextNormalizer.lowercased(text) : text
    }

    private static func cleaned(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        let isBreak = scalar.value == 9 || scalar.value == 10 || scalar.value == 13
        if scalar.isBertControl, !isBreak { return nil }
        return scalar.isWhitespace ? " " : scalar
    }

    private static func spaced(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        guard text.contains(where: { $0.isChineseCharacter }) else { return text }
        return text.flatMap { scalar -> [Unicode.Scalar] in scalar.isChineseCharacter ? [" ", scalar, " "] : [scalar] }
    }
}
