import Glibc

/// A folder that outputs go into, there already or not.
package enum OutputFolder {
    /// Finds out before the work, not after it, that `path` cannot be such a folder. Makes nothing.
    /// - Throws: ``OutputError`` for a file, a name that ends as files do, and for what may not be written.
    package static func check(_ path: String) throws(OutputError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw OutputError(path, "is not a path", .request) }
        if path == "-" { throw OutputError(path, "is standard output, which takes one file; name a folder", .request) }
        var (place, isGiven) = (path[...], true)
        while place.count > 1, place.hasSuffix("/") { place = place.dropLast() }
        while !exists(place) {
            if isGiven { try checkName(place, path) }
            isGiven = false
            guard let slash = place.lastIndex(of: "/") else {
                place = "."
                break
            }
            place = slash == place.startIndex ? "/" : place[..<slash]
        }
        var status = stat()
        guard stat(String(place), &status) == 0 else { throw .system(path, "cannot be made") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw OutputError(path, isGiven ? "is a file; name a folder" : "cannot be made: \(place) is a file; name a folder", .request)
        }
        guard access(String(place), W_OK | X_OK) == 0 else {
            throw .system(path, isGiven ? "may not be written to" : "cannot be made: folder \(place) may not be written to")
        }
    }

    /// Also a link that leads nowhere.
    private static func exists(_ path: Substring) -> Bool {
        var status = stat()
        return lstat(String(path), &status) == 0 || (errno != ENOENT && errno != ENOTDIR)
    }

    /// Of what a run reads and writes; `photo.png` for a folder is a mistake.
    private static let fileSuffixes = ["png", "jpg", "jpeg", "webp", "npy", "npz", "json", "txt"]

    private static func checkName(_ name: Substring, _ path: String) throws(OutputError) {
        guard !path.hasSuffix("/"), let dot = name.lastIndex(of: ".") else { return }
        let suffix = name[name.index(after: dot)...].lowercased()
        if fileSuffixes.contains(suffix) { throw OutputError(path, "ends as a file does, but is to be a folder; name a folder", .request) }
    }
}
