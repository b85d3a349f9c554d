extension TextNormalizer {
    /// - Throws: `TokenizerError.unsupported` with the name of a normalizer that is not known here.
    init(_ field: TokenizerField) throws(TokenizerError) {
        let name = try field.typeName()
        switch name {
        case "BertNormalizer":
            let lowercases = try field.bool("lowercase", default: true)
            self = .bert(
                BertNormalization(
                    cleansText: try field.bool("clean_text", default: true),
                    spacesChinese: try field.bool("handle_chinese_chars", default: true),
                    stripsAccents: try field.bool("strip_accents", default: lowercases), lowercases: lowercases))
        case "Lowercase": self = .lowercase
        case "StripAccents": self = .stripAccents
        case "Strip":
            self = .strip(
                left: try field.bool("strip_left", default: true), right: try field.bool("strip_right", default: true))
        case "Sequence":
            var steps: [TextNormalizer] = []
            for step in try field.child("normalizers").elements(limit: TokenizerLimits.steps) {
                steps.append(try TextNormalizer(step))
            }
            self = .sequence(steps)
        default:
            guard let form = Form(rawValue: name) else { throw field.unsupported("normalizer", name) }
            self = .form(form)
        }
    }
}

extension TextPreTokenizer {
    /// - Throws: `TokenizerError.unsupported` with the name of a pre-tokenizer that is not known here.
    init(_ field: TokenizerField) throws(TokenizerError) {
        let name = try field.typeName()
        switch name {
        case "BertPreTokenizer": self = .bert
        case "Whitespace": self = .whitespace
        case "WhitespaceSplit": self = .whitespaceSplit
        case "Digits": self = .digits(individual: try field.bool("individual_digits", default: false))
        case "Punctuation":
            let behavior = try field.optional("behavior")?.string() ?? Behavior.isolated.rawValue
            guard let known = Behavior(rawValue: behavior) else {
                throw field.unsupported("pre-tokenizer", "Punctuation with behavior \(behavior)")
            }
            self = .punctuation(known)
        case "CharDelimiterSplit":
            let delimiter = try field.child("delimiter").string().unicodeScalars
            guard let scalar = delimiter.first, delimiter.count == 1 else {
                throw field.invalid("the delimiter must be one character")
            }
            self = .delimiter(scalar)
        case "Sequence":
            var steps: [TextPreTokenizer] = []
            for step in try field.child("pretokenizers").elements(limit: TokenizerLimits.steps) {
                steps.append(try TextPreTokenizer(step))
            }
            self = .sequence(steps)
        default: throw field.unsupported("pre-tokenizer", name)
        }
    }
}

extension TokenDecoder {
    /// - Throws: `TokenizerError.unsupported` with the name of a decoder that is not known here.
    init(_ field: TokenizerField) throws(TokenizerError) {
        let name = try field.typeName()
        guard name == "WordPiece" else { throw field.unsupported("decoder", name) }
        let prefix = try field.optional("prefix")?.string() ?? "##"
        self = .wordPiece(prefix: prefix, cleansUp: try field.bool("cleanup", default: true))
    }
}

extension TokenTemplate {
    /// - Throws: `TokenizerError` for another post-processor than TemplateProcessing and BertProcessing, or ids that
    ///   the vocabulary lacks.
    init(_ field: TokenizerField, idLimit: Int) throws(TokenizerError) {
        let name = try field.typeName()
        switch name {
        case "TemplateProcessing": parts = try Self.templateParts(field, idLimit)
        case "BertProcessing":
            let start = try Self.pairID(field.child("cls"), idLimit)
            let end = try Self.pairID(field.child("sep"), idLimit)
            parts = [.special(ids: [start]), .text, .special(ids: [end])]
        default: throw field.unsupported("post-processor", name)
        }
    }

    private static func templateParts(_ field: TokenizerField, _ idLimit: Int) throws(TokenizerError) -> [Part] {
        var parts: [Part] = []
        for piece in try field.child("single").elements(limit: TokenizerLimits.steps) {
            if piece.optional("Sequence") != nil {
                parts.append(.text)
                continue
            }
            let key = try piece.child("SpecialToken").child("id").string()
            var ids: [Int] = []
            for id in try field.child("special_tokens").child(key).child("ids").elements(limit: TokenizerLimits.steps) {
                ids.append(try checkedID(id, idLimit))
            }
            parts.append(.special(ids: ids))
        }
        return parts
    }

    /// The id in a pair ["[SEP]", 102].
    private static func pairID(_ field: TokenizerField, _ idLimit: Int) throws(TokenizerError) -> Int {
        let pair = try field.elements()
        guard pair.count == 2 else { throw field.wrongType("a pair of a token and its id") }
        return try checkedID(pair[1], idLimit)
    }

    private static func checkedID(_ field: TokenizerField, _ idLimit: Int) throws(TokenizerError) -> Int {
        let id = try field.int()
        guard id >= 0, id < idLimit else { throw field.invalid("the id \(id) is not in the vocabulary") }
        return id
    }
}
