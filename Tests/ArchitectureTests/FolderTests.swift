import Testing

/// Walls between the folders of one target. What a file uses is told from the names of types in it, as far as one folder alone declares
/// them. Files that lie directly in a folder belong to the folders below it: they are what these share, and what brings them together.
@Suite struct FolderTests {
    private let tree: SourceTree

    init() throws { tree = try SourceTree() }

    /// Folders by folder that it takes types from, with one example each.
    private func uses(in target: String) -> [String: [String: String]] {
        let files = tree.files.filter { $0.target == target }
        var homes: [String: Set<String>] = [:]
        let declaration = /(?m)^(?:@\w+ |package |public |indirect |final )*(?:struct|class|enum|actor|protocol|typealias) (\w+)/
        for file in files { for match in file.code.matches(of: declaration) { homes[String(match.1), default: []].insert(file.folder) } }
        var uses: [String: [String: String]] = [:]
        for file in files {
            for word in Set(file.code.matches(of: /\b[A-Z]\w*/).map { String($0.0) }) {
                guard let home = homes[word], home.count == 1, let folder = home.first, folder != file.folder else { continue }
                guard !folder.isAbove(file.folder), !file.folder.isAbove(folder) else { continue }
                uses[file.folder, default: [:]][folder] = "\(word) in \(file.name)"
            }
        }
        return uses
    }

    @Test func noTwoFoldersUseEachOther() {
        for target in tree.targets {
            let uses = uses(in: target)
            for (folder, others) in uses {
                for (other, example) in others where folder < other {
                    let back = uses[other]?[folder]
                    #expect(back == nil, "\(folder) uses \(other) (\(example)), and the other way round (\(back ?? ""))")
                }
            }
        }
    }

    /// As above, by way of further folders.
    @Test func noFoldersFormACircle() {
        for target in tree.targets {
            var rest = uses(in: target).mapValues { Set($0.keys) }
            while let free = rest.first(where: { $0.value.isDisjoint(with: rest.keys) })?.key { rest[free] = nil }
            #expect(rest.isEmpty, "folders that use each other in a circle, or lie above one: \(rest.keys.sorted())")
        }
    }
}

extension String {
    fileprivate func isAbove(_ other: String) -> Bool { other.hasPrefix(self + "/") }
}
