import Files

/// Reads a file of text piece by piece, so that its size does not matter.
///
/// A piece ends behind a line end, or behind white space where a line is longer than what is read at a time; it is valid UTF-8.
struct CorpusReader: ~Copyable {
    /// Bytes that are read at a time.
    static let blockBytes = 4 << 20
    /// Bytes without white space among them that are taken.
    static let wordBytes = 64 << 20

    private let file: InputFile
    private var block: [UInt8]
    /// What is left of the piece before.
    private var rest: [UInt8] = []
    /// Where `rest` begins in the file.
    private var place = 0
    private var isAtEnd = false

    /// - Throws: `InputError` for what is no file.
    init(_ path: String, blockBytes: Int = CorpusReader.blockBytes) throws(InputError) {
        file = try InputFile(path)
        block = [UInt8](repeating: 0, count: blockBytes)
    }

    /// Bytes of a regular file; nil for a pipe.
    var size: Int? { file.size }

    /// The next piece; nil at the end.
    /// - Throws: `InputError`, ``WordPieceTrainingError`` for what is no text.
    mutating func next() throws -> [UInt8]? {
        while !isAtEnd {
            let count = try file.next(into: &block)
            if place == 0, rest.isEmpty { try checkKind(block[..<count]) }
            isAtEnd = count == 0
            let fresh = rest.count
            rest.append(contentsOf: block[..<count])
            guard let end = isAtEnd ? rest.count : breakPoint(from: fresh) else {
                if rest.count > CorpusReader.wordBytes { throw WordPieceTrainingError.endlessWord(file: file.path, byte: place) }
                continue
            }
            if end == 0 { continue }
            let piece = Array(rest[..<end])
            rest.removeFirst(end)
            try check(piece)
            place += end
            return piece
        }
        return nil
    }

    /// Behind the last line end, or else the last ASCII space, at or after `fresh`.
    private func breakPoint(from fresh: Int) -> Int? {
        let new = rest[fresh...]
        return (new.lastIndex(of: UInt8(ascii: "\n")) ?? new.lastIndex(of: UInt8(ascii: " "))).map { $0 + 1 }
    }

    /// Files that are certainly none that somebody wants to learn words from.
    private borrowing func checkKind(_ head: ArraySlice<UInt8>) throws(WordPieceTrainingError) {
        guard let kind = FileKind(head), [.gitLFSPointer, .html, .zeros, .utf16].contains(kind) else { return }
        throw .noText(file: file.path, what: kind.title, remedy: kind.remedy)
    }

    private func check(_ piece: [UInt8]) throws(WordPieceTrainingError) {
        guard piece.contains(where: { $0 >= 128 }), String(validating: piece, as: UTF8.self) == nil else { return }
        if place == 0, let kind = FileKind(piece) { throw .noText(file: file.path, what: kind.title, remedy: kind.remedy) }
        throw .notUTF8(file: file.path, byte: place + CorpusReader.validCount(piece))
    }

    /// Bytes before the first that begins no valid character.
    static func validCount(_ bytes: [UInt8]) -> Int {
        var (decoder, count) = (Unicode.UTF8.ForwardParser(), 0)
        var iterator = bytes.makeIterator()
        while case .valid(let scalar) = decoder.parseScalar(from: &iterator) { count += scalar.count }
        return count
    }
}
