import Formats
import Foundation
import FourMSettings
import Glibc

/// Paths and folders of data sets.
enum DatasetPath {
    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    static func isFolder(_ path: String) -> Bool { mode(path) == S_IFDIR }

    static func exists(_ path: String) -> Bool { mode(path) != nil }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }

    /// Makes the folder that is to hold `path`.
    /// - Throws: `CheckpointError` of kind `unwritable` naming the folder.
    static func makeFolder(of path: String) throws(CheckpointError) {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        try Folders.make(String(path[..<slash]))
    }

    /// Names of the folders in `path`, in order; none where it cannot be read.
    static func folders(in path: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { !$0.hasPrefix(".") && isFolder(join(path, $0)) }.sorted()
    }

    private static let maximumDepth = 32

    /// Paths, relative to `root`, of the files below it, in the order of their bytes. Links are followed, hidden files left out.
    /// - Throws: ``FourMError`` for a folder that cannot be read or is nested too deeply, as a circle of links is.
    static func files(below root: String) throws -> [String] {
        var found: [String] = []
        try walk(root, "", 0, &found)
        return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func walk(_ root: String, _ folder: String, _ depth: Int, _ found: inout [String]) throws {
        let path = folder.isEmpty ? root : join(root, folder)
        guard depth <= maximumDepth else { throw FourMError("\(path) is nested more than \(maximumDepth) deep; is a link circular?") }
        guard let stream = opendir(path) else { throw FourMError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            let child = folder.isEmpty ? name : join(folder, name)
            let kind = Int32(entry.pointee.d_type)
            let isFolder = kind == 4 || (kind != 8 && self.isFolder(join(root, child)))
            if isFolder { try walk(root, child, depth + 1, &found) } else { found.append(child) }
        }
    }
}
