/// Why a text tokenizer could not be trained. Every case names the file or setting at fault and says what to do.
package enum WordPieceTrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The bytes from `byte` on are no UTF-8.
    case notUTF8(file: String, byte: Int)
    /// A file of another kind.
    case noText(file: String, what: String, remedy: String?)
    /// Too many bytes without white space, from `byte` on.
    case endlessWord(file: String, byte: Int)
    /// No file holds a word.
    case noWords(files: [String])
    /// The tokens that must be there are more than the vocabulary may have.
    case vocabularyTooSmall(size: Int, specialTokens: Int, characters: Int)
    /// The order of characters within words lacks some, or is no such order.
    case continuationOrder(String)
    /// Something else that the settings cannot mean.
    case settings(String)

    /// Whether what was asked for is at fault, and not a file.
    package var isRequest: Bool {
        switch self {
        case .notUTF8, .noText, .endlessWord, .noWords: false
        case .vocabularyTooSmall, .continuationOrder, .settings: true
        }
    }

    /// The file at fault.
    package var file: String? {
        switch self {
        case .notUTF8(let file, _), .noText(let file, _, _), .endlessWord(let file, _): file
        case .noWords(let files): files.first
        case .vocabularyTooSmall, .continuationOrder, .settings: nil
        }
    }

    package var description: String {
        switch self {
        case .notUTF8(let file, let byte): "\(file): byte \(byte) is no UTF-8; save the text as UTF-8"
        case .noText(let file, let what, let remedy): "\(file): is \(what); text in UTF-8 is needed" + (remedy.map { "; \($0)" } ?? "")
        case .endlessWord(let file, let byte):
            "\(file): more than \(CorpusReader.wordBytes) bytes without a space or line end, from byte \(byte) on; is it the right file?"
        case .noWords(let files):
            files.isEmpty
                ? "no file was given; name files of text"
                : "\(files.joined(separator: ", ")): no words; give files of text, one caption a line"
        case .vocabularyTooSmall(let size, let specialTokens, let characters):
            "a vocabulary of \(size) has no room for \(specialTokens) special tokens and \(characters) characters; "
                + "ask for at least \(specialTokens + characters)"
        case .continuationOrder(let problem): "the order of characters within words \(problem)"
        case .settings(let problem): problem
        }
    }
}
