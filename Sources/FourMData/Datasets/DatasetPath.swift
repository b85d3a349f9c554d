import Formats
import Foundation
import FourMSettings
import Glibc

/// Paths and folders of data sets.
enum DatasetPath {
    /// Makes the folder that is to hold `path`.
    /// - Throws: `CheckpointError` of kind `unwritable` naming the folder.
    static func makeFolder(of path: String) throws(CheckpointError) {
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        try Folders.make(String(path[..<slash]))
    }

    /// The folder that holds `path`; empty for the working folder.
    static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }

    /// Whether what is at `path` was changed or put there after `other` was written.
    static func isNewer(_ path: String, than other: String) -> Bool {
        var (mine, others) = (stat(), stat())
        guard stat(path, &mine) == 0, stat(other, &others) == 0 else { return false }
        // A file that was moved or copied into place may keep an old time of its content.
        return max(seconds(mine.st_mtim), seconds(mine.st_ctim)) > seconds(others.st_mtim)
    }

    private static func seconds(_ time: timespec) -> Double { Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 }
}
