import IR
import Names

/// Files and links of an archive in its order, until what the links lead to is known.
struct TarMembers {
    enum Kind {
        case content(ByteSlice)
        /// To a member before it, named from the root of the archive.
        case hardLink(String)
        /// To a path seen from the link's own folder.
        case symbolicLink(String)
    }

    private var members: [(name: String, kind: Kind)] = []
    private var hasLinks = false

    /// Links that lead to links that lead to links.
    private static let longestChain = 8

    var count: Int { members.count }

    mutating func append(_ name: String, _ kind: Kind) {
        if case .content = kind {} else { hasLinks = true }
        members.append((name, kind))
    }

    /// Every file and every link with the content that unpacking would give it, and the links that lead to nothing here.
    func files() -> (files: [TarArchive.Entry], broken: [TarArchive.PassedOver]) {
        var contents: [String: ByteSlice] = [:]
        var found = [ByteSlice?](repeating: nil, count: members.count)
        var waiting = Array(members.indices)
        // A symbolic link may come before the file it leads to.
        for _ in 0..<TarMembers.longestChain where !waiting.isEmpty {
            for index in waiting {
                found[index] = content(members[index], contents)
                if hasLinks, let content = found[index], let place = TarMembers.path(members[index].name) { contents[place] = content }
            }
            waiting = waiting.filter { found[$0] == nil }
        }
        let files = members.indices.compactMap { index in found[index].map { TarArchive.Entry(name: members[index].name, content: $0) } }
        return (files, waiting.map { TarArchive.PassedOver(name: members[$0].name, reason: TarMembers.reason(members[$0].kind)) })
    }

    private func content(_ member: (name: String, kind: Kind), _ contents: [String: ByteSlice]) -> ByteSlice? {
        switch member.kind {
        case .content(let content): content
        case .hardLink(let target): TarMembers.path(target).flatMap { contents[$0] }
        case .symbolicLink(let target):
            target.hasPrefix("/") ? nil : TarMembers.path(TarMembers.folder(member.name) + target).flatMap { contents[$0] }
        }
    }

    private static func reason(_ kind: Kind) -> String {
        let target = if case .hardLink(let target) = kind { target } else if case .symbolicLink(let target) = kind { target } else { "" }
        return "it is a link to '\(ForeignText.clean(target))', which is no file in the archive; pack it again with --dereference"
    }

    /// `a/b/` of `a/b/c`; empty at the root.
    private static func folder(_ name: String) -> String { name.lastIndex(of: "/").map { String(name[...$0]) } ?? "" }

    /// `name` without ".", ".." and empty parts; nil if it leads out of the archive.
    private static func path(_ name: String) -> String? {
        var parts: [Substring] = []
        for part in name.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                return nil
            }
        }
        return parts.joined(separator: "/")
    }
}
