/// Why a checkpoint, configuration or array file cannot be read or written.
package struct CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// The file is not there, is no regular file, or the system refuses to give it.
        case unreadable
        /// The file ends before what it promises.
        case truncated
        /// The bytes do not follow the format.
        case malformed
        /// Valid, but of a kind that is not read here.
        case unsupported
        /// Parts of the file (or of several files) contradict each other.
        case inconsistent
        /// A tensor, key or file that is needed is not there.
        case missing
        /// A name that may appear once appears twice.
        case duplicate
        /// A configuration value is absent or of the wrong kind.
        case configuration
        /// The file cannot be written.
        case unwritable
    }

    package let kind: Kind
    /// Path as the user gave it.
    package let file: String
    /// The tensor or configuration key concerned.
    package let subject: String?
    package let problem: String
    /// What to do about it.
    package let advice: String?

    package init(_ kind: Kind, file: String, subject: String? = nil, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.file = file
        self.subject = subject
        self.problem = problem
        self.advice = advice
    }

    package var description: String {
        // Names come from untrusted files: bounded, and without control characters.
        let place = subject.map { "\(file): \(JSONText.quoted(String($0.prefix(200)))): " } ?? "\(file): "
        return place + problem + (advice.map { "; \($0)" } ?? "")
    }
}
