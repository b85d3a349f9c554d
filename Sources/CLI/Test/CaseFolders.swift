import Foundation
import ONNXSessions

/// Finds golden cases: folders with a `case.json`.
enum CaseFolders {
    /// `path` itself if it is a case, else the cases in it, up to two levels down, sorted.
    /// - Throws: `TesseraError` if there is none; Foundation's error for a folder that cannot be read.
    static func find(_ path: String) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            throw Refusal.missing("\(path) is no folder; give a folder with a case.json, or one that holds such folders")
        }
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
            var isFolder: ObjCBool = false
            let full = path + "/" + child
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), isFolder.boolValue else { return [] }
            return cases(full, depth: depth - 1)
        }
    }
}
