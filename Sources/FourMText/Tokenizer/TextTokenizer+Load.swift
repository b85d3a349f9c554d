import Files
import Formats
import Foundation

extension TextTokenizer {
    /// Reads a tokenizer file (Hugging Face `tokenizers` JSON with a WordPiece model).
    ///
    /// - Throws: `TokenizerError` when the file cannot be read, is no such file, or needs an unsupported component.
    package init(contentsOf url: URL) throws(TokenizerError) {
        let file = url.path
        let bytes: [UInt8]
        do {
            let opened = try InputFile(url.path)
            if let size = opened.size, size > TokenizerLimits.fileBytes {
                throw TokenizerError.tooLarge(file: file, bytes: size, limit: TokenizerLimits.fileBytes)
            }
            bytes = try opened.bytes(limit: TokenizerLimits.fileBytes)
        } catch let error as TokenizerError {
            throw error
        } catch {
            throw .unreadable(file: file, reason: (error as? InputError).map { "\($0.problem); \($0.advice)" } ?? "\(error)")
        }
        try self.init(json: Data(bytes), file: file)
    }

    /// Reads a tokenizer from the bytes of its file.
    ///
    /// - Parameter file: the name to use in messages.
    /// - Throws: `TokenizerError` as `init(contentsOf:)` does.
    package init(json: Data, file: String = "tokenizer.json") throws(TokenizerError) {
        guard json.count <= TokenizerLimits.fileBytes else {
            throw .tooLarge(file: file, bytes: json.count, limit: TokenizerLimits.fileBytes)
        }
        let node: ConfigValue
        do {
            node = try ConfigValue(json: json, file: file)
        } catch {
            guard error.kind == .duplicate else {
                throw .malformedJSON(file: file, reason: error.problem + (error.advice.map { "; \($0)" } ?? ""))
            }
            throw .invalidValue(file: file, field: error.subject ?? "", reason: "it occurs twice")
        }
        self.init(parts: try TokenizerParts(TokenizerField(file: file, path: "", node: node)))
    }
}

extension TokenizerParts {
    init(_ root: TokenizerField) throws(TokenizerError) {
        _ = try root.members()
        for key in ["truncation", "padding"] where root.optional(key) != nil {
            throw root.unsupported(key, "set in the file; write null there")
        }
        let model = try root.child("model")
        let name = try model.optional("type")?.string() ?? "WordPiece"
        guard name == "WordPiece" else { throw root.unsupported("model", name) }
        var table = try TokenTable(vocabulary: try model.child("vocab"))
        self.model = try Self.wordPiece(model, table)
        addedTokens = try table.add(root.optional("added_tokens"))
        normalizer = try root.optional("normalizer").map { field throws(TokenizerError) in try TextNormalizer(field) }
        preTokenizer = try root.optional("pre_tokenizer").map { field throws(TokenizerError) in
            try TextPreTokenizer(field)
        }
        decoder =
            try root.optional("decoder").map { field throws(TokenizerError) in try TokenDecoder(field) } ?? .spaces
        template = try root.optional("post_processor").map { field throws(TokenizerError) in
            try TokenTemplate(field, idLimit: table.tokenOfID.count)
        }
        tokenOfID = table.tokenOfID
    }

    private static func wordPiece(_ model: TokenizerField, _ table: TokenTable) throws(TokenizerError) -> WordPiece {
        let unknown = try model.optional("unk_token")?.string() ?? "[UNK]"
        guard let unknownID = table.trie.value(for: unknown.utf8) else {
            throw model.invalid("the unknown token \"\(unknown)\" is not in the vocabulary")
        }
        let limit = try model.optional("max_input_chars_per_word")?.int() ?? 100
        guard limit >= 0 else { throw model.invalid("max_input_chars_per_word is \(limit)") }
        let prefix = try model.optional("continuing_subword_prefix")?.string() ?? "##"
        return WordPiece(trie: table.trie, unknownID: unknownID, prefix: prefix, maximumCharacters: limit)
    }
}

/// Tokens by id and by bytes while a file is read.
struct TokenTable {
    private(set) var trie: ByteTrie
    private(set) var tokenOfID: [String?] = []

    /// - Throws: `TokenizerError` when ids are no integers in range, or an id occurs twice.
    init(vocabulary: TokenizerField) throws(TokenizerError) {
        let members = try vocabulary.members()
        guard !members.isEmpty else { throw vocabulary.invalid("the vocabulary is empty") }
        trie = ByteTrie(capacity: members.count * 8)
        tokenOfID.reserveCapacity(members.count)
        for member in members {
            guard let id = member.value.int else {
                throw vocabulary.invalid("the id of \"\(member.key)\" is no integer")
            }
            try place(member.key, id, vocabulary)
            _ = trie.insert(member.key.utf8, value: Int32(id))
        }
    }

    /// Reads `added_tokens`; one that is in the vocabulary must have the same id there.
    mutating func add(_ field: TokenizerField?) throws(TokenizerError) -> [AddedToken] {
        guard let field else { return [] }
        var tokens: [AddedToken] = []
        for entry in try field.elements(limit: TokenizerLimits.ids) {
            let token = AddedToken(
                id: try entry.child("id").int(), content: try entry.child("content").string(),
                isSpecial: try entry.bool("special", default: false),
                isSingleWord: try entry.bool("single_word", default: false),
                stripsLeft: try entry.bool("lstrip", default: false),
                stripsRight: try entry.bool("rstrip", default: false),
                isNormalized: try entry.bool("normalized", default: true))
            guard !token.content.isEmpty else { throw entry.invalid("the content is empty") }
            try placeAdded(token, entry)
            tokens.append(token)
        }
        return tokens
    }

    private mutating func placeAdded(_ token: AddedToken, _ entry: TokenizerField) throws(TokenizerError) {
        guard let known = trie.value(for: token.content.utf8) else { return try place(token.content, token.id, entry) }
        guard known == token.id else {
            throw entry.invalid("\"\(token.content)\" has the id \(token.id), but \(known) in the vocabulary")
        }
    }

    private mutating func place(_ token: String, _ id: Int, _ field: TokenizerField) throws(TokenizerError) {
        guard id >= 0, id < TokenizerLimits.ids else {
            throw field.invalid("the id \(id) of \"\(token.prefix(80))\" is outside 0..<\(TokenizerLimits.ids)")
        }
        guard token.utf8.count <= TokenizerLimits.tokenBytes else {
            throw field.invalid("the token of id \(id) has more than \(TokenizerLimits.tokenBytes) bytes")
        }
        while tokenOfID.count <= id { tokenOfID.append(nil) }
        guard tokenOfID[id] == nil else { throw field.invalid("the id \(id) occurs twice") }
        tokenOfID[id] = token
    }
}
