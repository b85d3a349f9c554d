import Glibc

/// Files that the arguments of a command name: files themselves, patterns such as `photos/*.jpg` that the shell left as they are, and
/// folders, of which ``FolderListing`` tells the files.
package struct InputList: Sendable {
    /// Paths in the order of the arguments; those of a pattern or folder by name.
    package private(set) var files: [String] = []
    /// What folders hold beside those, a line for each folder.
    package private(set) var leftOut: [String] = []

    /// - Parameters:
    ///   - suffixes: of the wanted files of folders, in lower case, without the point. What is named is taken whatever its suffix.
    ///   - entersSubfolders: whether files in subfolders count too.
    ///   - takesTexts: whether an argument may be a text; what no file matches then stands for itself.
    /// - Throws: ``OutputError`` for a folder that cannot be read or holds no such file, and for a pattern that no file matches.
    package init(
        _ arguments: [String], suffixes: [String], entersSubfolders: Bool = false, takesTexts: Bool = false
    ) throws(OutputError) {
        for argument in arguments {
            for path in try InputList.matches(argument, takesTexts) {
                guard InputList.isFolder(path) else {
                    files.append(path)
                    continue
                }
                let listing = try FolderListing(path, suffixes: Set(suffixes), entersSubfolders: entersSubfolders)
                if !listing.leftOut.isEmpty { leftOut.append("\(path): left out \(listing.leftOut)") }
                guard !listing.files.isEmpty else {
                    let beside = listing.leftOut.isEmpty ? "" : "; left out: \(listing.leftOut)"
                    let kinds = suffixes.joined(separator: ", .")
                    throw OutputError(path, "the folder holds no .\(kinds) file\(beside); name another", .missing)
                }
                files += listing.files.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
            }
        }
    }

    /// The paths of a pattern in the order of their bytes; a path that is there stands for itself, whatever signs it holds.
    private static func matches(_ argument: String, _ takesTexts: Bool) throws(OutputError) -> [String] {
        var status = stat()
        guard argument.contains(where: { "*?[".contains($0) }), lstat(argument, &status) != 0 else { return [argument] }
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(argument, GLOB_NOSORT, nil, &found) == 0 else {
            if takesTexts { return [argument] }
            throw OutputError(argument, "no file matches this pattern", .missing)
        }
        let paths = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].flatMap { String(validatingCString: $0) } }
        return paths.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
