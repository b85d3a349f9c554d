import Formats
import Serving

/// An error as the protocol tells it.
package struct ErrorMessage: Codable, Sendable, Equatable {
    /// What is wrong and what to do.
    package var error: String

    /// `error` for people.
    package init(_ error: String) { self.error = error }
}

/// JSON text of small messages.
package enum MessageText {
    /// `message` in UTF-8, its keys in words with underscores as the protocol writes them.
    /// - Throws: ``ServingError`` if it has what JSON cannot tell.
    package static func of(_ message: some Encodable) throws(ServingError) -> [UInt8] {
        do { return Array(try JSONWriter.text(message, joinsWords: true).utf8) } catch { throw .request("\(error)") }
    }
}
