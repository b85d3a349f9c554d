import HTTPTypes

/// The parts of a `multipart/form-data` body (RFC 7578).
enum FormReader {
    /// A field of a form.
    struct Part: Sendable {
        let name: String
        /// Whether it was sent as a file.
        let isFile: Bool
        /// In lower case, without parameters; empty if none is given.
        let type: String
        let bytes: [UInt8]

        /// The bytes as a text.
        /// - Throws: ``AnswerError`` if they are not UTF-8.
        func text() throws(AnswerError) -> String {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw AnswerError(.badRequest, "the field '\(name)' is not UTF-8")
            }
            return text
        }
    }

    private static let lineEnd: [UInt8] = [13, 10]
    /// Of the head of one part.
    private static let mostHeadBytes = 4096

    /// - Parameter type: the request's `Content-Type`.
    /// - Throws: ``AnswerError`` for a body that is no such form, or has more than `limit` parts.
    static func parts(_ body: [UInt8], type: String, limit: Int) throws(AnswerError) -> [Part] {
        guard let boundary = HeaderText.parameter("boundary", of: type), (1...70).contains(boundary.utf8.count) else {
            throw AnswerError(.badRequest, "multipart/form-data needs its boundary, of 1 to 70 characters")
        }
        let mark = lineEnd + Array("--\(boundary)".utf8)
        // The first boundary may stand at the very beginning, without the end of a line before it.
        let isFirst = body.starts(with: mark.dropFirst(2))
        guard var at = isFirst ? mark.count - 2 : find(mark, in: body, 0..<body.count).map({ $0 + mark.count }) else {
            throw damaged("it has no boundary")
        }
        var parts: [Part] = []
        while !body[at...].starts(with: Array("--".utf8)) {
            guard body[at...].starts(with: lineEnd) else { throw damaged("a boundary does not end its line") }
            guard let end = find(mark, in: body, at..<body.count) else { throw damaged("the last part has no end") }
            guard parts.count < limit else { throw AnswerError(.contentTooLarge, "the form has more than \(limit) fields") }
            parts.append(try part(body, (at + 2)..<max(end, at + 2)))
            at = end + mark.count
        }
        return parts
    }

    private static func damaged(_ why: String) -> AnswerError { AnswerError(.badRequest, "the form cannot be read: \(why)") }

    private static func part(_ body: [UInt8], _ range: Range<Int>) throws(AnswerError) -> Part {
        let headRange = range.prefix(mostHeadBytes)
        guard let end = find(lineEnd + lineEnd, in: body, headRange.startIndex..<headRange.endIndex),
            let head = String(validating: body[range.lowerBound..<end], as: UTF8.self)
        else { throw damaged("a part has no head, or one of more than \(mostHeadBytes) bytes") }
        var (disposition, type) = ("", "")
        for line in head.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { throw damaged("a head is no list of NAME: VALUE") }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = value
            case "content-type": type = HeaderText.main(value)
            case "content-transfer-encoding":
                if !["binary", "8bit", "7bit"].contains(HeaderText.main(value)) {
                    throw damaged("its parts must be sent as they are, without a Content-Transfer-Encoding")
                }
            default: break
            }
        }
        guard HeaderText.main(disposition) == "form-data", let name = HeaderText.parameter("name", of: disposition), !name.isEmpty else {
            throw damaged("a part has no name")
        }
        let isFile = HeaderText.parameter("filename", of: disposition) != nil
        return Part(name: name, isFile: isFile, type: type, bytes: Array(body[(end + 4)..<range.upperBound]))
    }

    /// Where `pattern` first stands in `range` of `bytes`.
    private static func find(_ pattern: [UInt8], in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            let body = UnsafeBufferPointer(rebasing: bytes[range])
            var at = 0
            while at + pattern.count <= body.count {
                if body[at] == pattern[0], body[at..<(at + pattern.count)].elementsEqual(pattern) { return range.lowerBound + at }
                at += 1
            }
            return nil
        }
    }
}

/// Values of headers: `multipart/form-data; boundary="x"`.
enum HeaderText {
    /// What stands before the parameters, in lower case.
    static func main(_ text: String) -> String {
        text.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
    }

    /// The parameter `name`, without its quotes; nil if it is not there.
    static func parameter(_ name: String, of text: String) -> String? {
        var rest = text.drop { $0 != ";" }
        while !rest.isEmpty {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            let key = rest.prefix { $0 != "=" && $0 != ";" }
            rest = rest.dropFirst(key.count)
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst()
            let value: String
            if rest.first == "\"" {
                value = quoted(&rest)
            } else {
                let plain = rest.prefix { $0 != ";" && !$0.isWhitespace }
                (value, rest) = (String(plain), rest.dropFirst(plain.count).drop { $0 != ";" })
            }
            if key.lowercased() == name { return value }
        }
        return nil
    }

    /// Takes a text in quotes, and all up to the next parameter.
    private static func quoted(_ rest: inout Substring) -> String {
        var (text, isEscaped) = ("", false)
        rest = rest.dropFirst()
        while let next = rest.popFirst() {
            if isEscaped { text.append(next); isEscaped = false; continue }
            if next == "\\" { isEscaped = true; continue }
            if next == "\"" { break }
            text.append(next)
        }
        rest = rest.drop { $0 != ";" }
        return text
    }
}
