/// Joins tokens to text (the `decoder` of a tokenizers JSON file).
enum TokenDecoder: Sendable {
    /// Tokens that start with `prefix` continue a word; `cleansUp` drops spaces before punctuation.
    case wordPiece(prefix: String, cleansUp: Bool)
    /// Tokens joined by spaces, what a file without a decoder asks for.
    case spaces

    func decode(_ tokens: [String]) -> String {
        switch self {
        case .spaces: tokens.joined(separator: " ")
        case .wordPiece(let prefix, let cleansUp): Self.join(tokens, prefix: Array(prefix.utf8), cleansUp: cleansUp)
        }
    }

    private static func join(_ tokens: [String], prefix: [UInt8], cleansUp: Bool) -> String {
        var text: [UInt8] = []
        for (index, token) in tokens.enumerated() {
            var bytes = Array(token.utf8)
            if index > 0 {
                if bytes.starts(with: prefix) {
                    bytes.removeFirst(prefix.count)
                } else {
                    bytes.insert(UInt8(ascii: " "), at: 0)
                }
            }
            text += cleansUp ? cleaned(bytes) : bytes
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Replacements of the WordPiece decoder, in order; each is made within one token with its leading space.
    private static let replacements: [(from: [UInt8], to: [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.0.utf8), Array($0.1.utf8)) }

    private static func cleaned(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(UInt8(ascii: " ")) else { return bytes }
        return replacements.reduce(bytes) { replaced($0, $1.from, $1.to) }
    }

    private static func replaced(_ bytes: [UInt8], _ from: [UInt8], _ to: [UInt8]) -> [UInt8] {
        guard bytes.count >= from.count else { return bytes }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == from[0], bytes[index...].starts(with: from) {
                result += to
                index += from.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }
}
