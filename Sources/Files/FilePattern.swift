import Glibc

/// The files whose paths match a pattern of a shell (`photos/*.jpg`), in the order of their names.
package struct FilePattern: Sendable {
    package private(set) var files: [String] = []
    private var counts = LeftOutCount()
    private let pattern: String

    /// Whether `text` has what a pattern is made of.
    package static func isPattern(_ text: String) -> Bool { text.utf8.contains { wildcards.contains($0) } }

    private static let wildcards = Set("*?[".utf8)

    /// `1 subfolder, 2 unreadable files` for folders, files of other kinds and names that are no UTF-8; empty if nothing was left out.
    package var leftOut: String { counts.text }

    /// A pattern that nothing matches has no files. Hidden files match only where the pattern names the point.
    /// - Parameter suffixes: of the wanted files, in lower case, without the point; of no account where the pattern names a suffix itself.
    package init(_ pattern: String, suffixes: Set<String> = []) {
        self.pattern = pattern
        let isOpen = !suffixes.isEmpty && !FilePattern.namesSuffix(pattern)
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, GLOB_NOSORT, nil, &found) == 0, let paths = found.gl_pathv else { return }
        for index in 0..<Int(found.gl_pathc) {
            guard let path = paths[index] else { continue }
            var status = stat()
            let isFolder = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
            if isFolder {
                counts.subfolders += 1
            } else if let name = String(validatingCString: path) {
                if isOpen, !suffixes.contains(FilePath.suffix(of: name)) { counts.others += 1 } else { files.append(name) }
            } else {
                counts.unreadable += 1
            }
        }
        files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether a pattern ends in a suffix: `*.dat` wants what it says.
    private static func namesSuffix(_ pattern: String) -> Bool {
        let end = pattern.utf8.reversed().prefix { !wildcards.contains($0) && $0 != bracket && $0 != UInt8(ascii: "/") }
        return end.contains(UInt8(ascii: ".")) && end.first != UInt8(ascii: ".")
    }

    /// What of `file` the pattern leaves open, in whole words: `000` of `photos/000_rgb.png` for `photos/*_rgb.png` and for
    /// `photos/00?_rgb.png`. Without a suffix, if the pattern names none.
    package func open(of file: String) -> String {
        let (pattern, path) = (Array(pattern.utf8), Array(file.utf8))
        let before = pattern.prefix { !FilePattern.wildcards.contains($0) }
        let behind = pattern.suffix(from: (pattern.lastIndex { FilePattern.wildcards.contains($0) || $0 == FilePattern.bracket } ?? -1) + 1)
        let head = before.lastIndex(where: FilePattern.separators.contains).map { $0 + 1 } ?? 0
        let tail = behind.firstIndex(where: FilePattern.separators.contains).map { pattern.count - $0 } ?? 0
        guard head + tail <= path.count else { return file }
        let middle = path[head..<path.count - tail]
        let end = tail == 0 ? middle.lastIndex(of: UInt8(ascii: ".")) ?? middle.endIndex : middle.endIndex
        return String(decoding: middle[..<end], as: UTF8.self)
    }

    private static let bracket = UInt8(ascii: "]")
    private static let separators = Set("/_-. ".utf8)
}
