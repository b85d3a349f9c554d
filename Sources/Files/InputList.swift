import Glibc

/// Files that the arguments of a command name: files themselves, patterns such as `photos/*.jpg` that the shell left as they are, and
/// folders. ``FolderListing`` tells the files of folders, ``FilePattern`` those of patterns.
package struct InputList: Sendable {
    /// Paths in the order of the arguments; those of a pattern or folder by name.
    package private(set) var files: [String] = []
    /// What folders and patterns hold beside those, a line for each.
    package private(set) var leftOut: [String] = []

    /// What the caller wants of folders and patterns.
    private let suffixes: [String]
    private let entersSubfolders: Bool

    /// - Parameters:
    ///   - suffixes: of the wanted files of folders and patterns, in lower case, without the point. What is named is taken whatever its suffix.
    ///   - entersSubfolders: whether files in subfolders of folders count too.
    ///   - takesTexts: whether an argument may be a text; what no file matches then stands for itself.
    /// - Throws: ``OutputError`` for a folder that cannot be read, and for a folder or pattern without such files.
    package init(
        _ arguments: [String], suffixes: [String], entersSubfolders: Bool = false, takesTexts: Bool = false
    ) throws(OutputError) {
        (self.suffixes, self.entersSubfolders) = (suffixes, entersSubfolders)
        for argument in arguments {
            if FilePath.isFolder(argument) {
                try open(argument)
            } else if InputList.isPattern(argument) {
                try match(argument, takesTexts)
            } else {
                files.append(argument)
            }
        }
    }

    /// A path that is there stands for itself, whatever signs it holds.
    private static func isPattern(_ argument: String) -> Bool {
        var status = stat()
        return FilePattern.isPattern(argument) && lstat(argument, &status) != 0
    }

    private mutating func open(_ folder: String) throws(OutputError) {
        let listing = try FolderListing(folder, suffixes: Set(suffixes), entersSubfolders: entersSubfolders)
        guard !listing.files.isEmpty else {
            let beside = listing.leftOut.isEmpty ? "" : "; left out: \(listing.leftOut)"
            throw OutputError(folder, "the folder holds no .\(suffixes.joined(separator: ", .")) file\(beside); name another", .missing)
        }
        if !listing.leftOut.isEmpty { leftOut.append("\(folder): left out \(listing.leftOut)") }
        files += listing.files.map { FilePath.join(folder, $0) }
    }

    private mutating func match(_ text: String, _ takesTexts: Bool) throws(OutputError) {
        let pattern = FilePattern(text, suffixes: Set(suffixes))
        if !pattern.files.isEmpty {
            if !pattern.leftOut.isEmpty { leftOut.append("\(text): left out \(pattern.leftOut)") }
            files += pattern.files
        } else if takesTexts, pattern.leftOut.isEmpty {
            files.append(text)
        } else {
            let beside = pattern.leftOut.isEmpty ? "" : "; left out: \(pattern.leftOut)"
            throw OutputError(text, "no file matches this pattern\(beside)", .missing)
        }
    }
}
