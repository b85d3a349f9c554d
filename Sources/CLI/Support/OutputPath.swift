import Foundation

/// The file that a command will write.
enum OutputPath {
    /// Finds out before the work, not after it, that `path` cannot be written.
    /// - Throws: `TesseraError` naming the folder.
    static func check(_ path: String) throws {
        var isFolder: ObjCBool = false
        if path.hasSuffix("/") || FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue {
            throw Refusal.usage("\(path) is a folder; name a file")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Refusal.resources("\(path) cannot be written: folder \(folder) does not exist or may not be written to")
        }
    }
}
