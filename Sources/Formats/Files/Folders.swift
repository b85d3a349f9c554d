import Files
import Glibc

/// Folders to write to.
package enum Folders {
    /// Makes the folder `path` and those above it where they are missing.
    /// - Throws: ``CheckpointError`` of kind `unwritable` naming the folder that cannot be made, and why.
    package static func make(_ path: String) throws(CheckpointError) {
        if path.isEmpty || FilePath.isFolder(path) { return }
        let bare = path.hasSuffix("/") ? String(path.dropLast()) : path
        let parent = FilePath.folder(of: bare)
        if parent != bare { try make(parent) }
        // Another thread or process may make it meanwhile.
        if mkdir(bare, 0o777) == 0 { return }
        let reason = String(cString: strerror(errno))
        guard FilePath.isFolder(bare) else {
            throw CheckpointError(.unwritable, file: bare, "the folder cannot be made: \(reason)", advice: "choose another place")
        }
    }
}
