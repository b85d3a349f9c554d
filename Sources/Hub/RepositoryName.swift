import Names

/// A model repository of the Hub, `ORG/NAME` or `ORG/NAME@REVISION`.
///
/// The rules are the Hub's own (huggingface_hub, `validate_repo_id`): letters, digits, `-`, `_` and `.`, neither `--` nor `..`,
/// at most 96 characters. They make the name safe as a folder's.
package struct RepositoryName: Hashable, Sendable, CustomStringConvertible {
    package let organisation: String
    package let name: String
    /// Branch, tag or commit as given behind the `@`; nil for the main branch.
    package let revision: String?

    package static let mainBranch = "main"

    /// - Throws: ``HubError`` of kind `invalid`.
    package init(_ text: String) throws(HubError) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard names.count == 2, names.allSatisfy(RepositoryName.isName), parts[0].utf8.count <= 96, !parts[0].hasSuffix(".git") else {
            throw HubError(
                .invalid,
                "'\(ForeignText.clean(text))' is no Hub repository; give ORG/NAME or ORG/NAME@REVISION, such as EPFL-VILAB/4M-7_B_CC12M")
        }
        if parts.count == 2 { try RepositoryName.checkRevision(parts[1]) }
        (organisation, name) = (names[0], names[1])
        revision = parts.count == 2 ? parts[1] : nil
    }

    private init(_ organisation: String, _ name: String, _ revision: String?) {
        (self.organisation, self.name, self.revision) = (organisation, name, revision)
    }

    /// The same repository at another revision.
    /// - Throws: ``HubError`` of kind `invalid`.
    package func at(_ revision: String?) throws(HubError) -> RepositoryName {
        if let revision { try RepositoryName.checkRevision(revision) }
        return RepositoryName(organisation, name, revision)
    }

    /// `ORG/NAME`
    package var id: String { "\(organisation)/\(name)" }

    package var description: String { revision.map { "\(id)@\($0)" } ?? id }

    /// The revision, `main` if none was given.
    package var wanted: String { revision ?? RepositoryName.mainBranch }

    /// `models--ORG--NAME`
    var folder: String { "models--\(organisation)--\(name)" }

    /// Whether `text`, a whole commit id: 40 hexadecimal digits.
    static func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && text.utf8.allSatisfy(isHexDigit) }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, !text.contains("--"), !text.contains("..") else { return false }
        let inner = text.utf8.allSatisfy { isLetterOrDigit($0) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains($0) }
        let edges = [first, last].allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "_") }
        return inner && edges
    }

    /// Git's rules for names of references (git-check-ref-format), as far as they matter for paths and addresses.
    private static func checkRevision(_ text: String) throws(HubError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let forbidden = Set(" ~^:?*[\\@".utf8)
        let isValid =
            OutsideName.isPlain(text, longest: 200) && parts.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
            && !text.contains("..") && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f && !forbidden.contains($0) }
        guard isValid else {
            throw HubError(.invalid, "'\(ForeignText.clean(text))' is no revision; give a branch, a tag or a commit")
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}

/// `0`…`9`, `a`…`f`; the Hub writes no capitals.
func isHexDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
}
