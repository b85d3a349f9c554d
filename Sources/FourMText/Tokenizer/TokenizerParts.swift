import Formats

/// The checked contents of a tokenizer file.
struct TokenizerParts: Sendable {
    var addedTokens: [AddedToken]
    var model: WordPiece
    var normalizer: TextNormalizer?
    var preTokenizer: TextPreTokenizer?
    var template: TokenTemplate?
    var decoder: TokenDecoder
    /// Indexed by id; nil where an id is not in use.
    var tokenOfID: [String?]
}

/// Bounds on what a tokenizer file may hold, so that a hostile file costs little memory and time.
enum TokenizerLimits {
    static let fileBytes = 64 << 20
    static let ids = 1 << 21
    static let tokenBytes = 4096
    static let steps = 64
}

/// A JSON object of a tokenizer file with its place in the file, for messages.
struct TokenizerField {
    let file: String
    let path: String
    let node: ConfigValue

    func child(_ key: String) throws(TokenizerError) -> TokenizerField {
        guard let child = optional(key) else {
            throw .missingField(file: file, field: path.isEmpty ? key : "\(path).\(key)")
        }
        return child
    }

    /// The member `key`, nil when it is absent or null.
    func optional(_ key: String) -> TokenizerField? {
        guard let value = node[key], !value.isNull else { return nil }
        return TokenizerField(file: file, path: path.isEmpty ? key : "\(path).\(key)", node: value)
    }

    func string() throws(TokenizerError) -> String {
        guard let value = node.string else { throw wrongType("a string") }
        return value
    }

    func int() throws(TokenizerError) -> Int {
        guard let value = node.int else { throw wrongType("an integer") }
        return value
    }

    func bool() throws(TokenizerError) -> Bool {
        guard let value = node.bool else { throw wrongType("true or false") }
        return value
    }

    func bool(_ key: String, default value: Bool) throws(TokenizerError) -> Bool {
        guard let field = optional(key) else { return value }
        return try field.bool()
    }

    func members() throws(TokenizerError) -> [(key: String, value: ConfigValue)] {
        guard let value = node.object else { throw wrongType("an object") }
        return value
    }

    func elements(limit: Int = .max) throws(TokenizerError) -> [TokenizerField] {
        guard let value = node.array else { throw wrongType("an array") }
        guard value.count <= limit else { throw invalid("\(value.count) entries, at most \(limit) are allowed") }
        return value.enumerated().map { TokenizerField(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
    }

    func wrongType(_ expected: String) -> TokenizerError {
        .wrongType(file: file, field: path, expected: expected)
    }

    func invalid(_ reason: String) -> TokenizerError {
        .invalidValue(file: file, field: path, reason: reason)
    }

    /// The component's `type`, for example "BertNormalizer".
    func typeName() throws(TokenizerError) -> String { try child("type").string() }

    func unsupported(_ component: String, _ name: String) -> TokenizerError {
        .unsupported(file: file, component: component, name: name)
    }
}
