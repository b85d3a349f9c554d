import Files
import Foundation

/// The file that a command will write.
enum OutputPath {
    /// Finds out before the work, not after it, that `path` cannot be written.
    /// - Throws: `OutputError` naming the folder.
    static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        if path.hasSuffix("/") || FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue {
            throw OutputError(path, "is a folder; name a file", .request)
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            if !FileManager.default.fileExists(atPath: folder) {
                throw OutputError(path, "cannot be written: folder \(folder) does not exist", .missing)
            }
            throw OutputError(path, "cannot be written: folder \(folder) may not be written to")
        }
    }
}
