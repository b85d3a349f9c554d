import Files
import Foundation
import ONNXSessions

/// Finds golden cases: folders with a `case.json`.
enum CaseFolders {
    /// `path` itself if it is a case, else the cases in it, up to two levels down, sorted.
    /// - Throws: `TesseraError` if there is none; Foundation's error for a folder that cannot be read.
    static func find(_ path: String) throws -> [String] {
        let advice = "give a folder with a case.json, or one that holds such folders"
        guard FilePath.exists(path) else { throw Refusal.missing("\(path) does not exist; \(advice)") }
        guard FilePath.isFolder(path) else { throw Refusal.usage("\(path) is no folder; \(advice)") }
        let base = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        // Those below it that cannot be read are no cases; it must be.
        _ = try FileManager.default.contentsOfDirectory(atPath: base)
        let found = cases(base, depth: 2)
        guard !found.isEmpty else {
            throw Refusal.content("\(path) has no case.json, nor has a folder up to two levels below it; name a folder of golden cases")
        }
        return found
    }

    private static func cases(_ path: String, depth: Int) -> [String] {
        if FileManager.default.fileExists(atPath: path + "/case.json") || ONNXTestFolder.isOne(path) { return [path] }
        guard depth > 0 else { return [] }
        let children = (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
        return children.flatMap { child -> [String] in
            let full = FilePath.join(path, child)
            return FilePath.isFolder(full) ? cases(full, depth: depth - 1) : []
        }
    }
}
