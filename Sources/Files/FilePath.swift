import Glibc

/// Questions about paths, and their parts. Links are followed.
package enum FilePath {
    package static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder that holds `path`; "." if none is named.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// What follows the last point of the name, in lower case; empty without one.
    package static func suffix(of path: String) -> String {
        let name = name(of: path)
        return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
    }

    /// `path` from the root, without `.` and `..`; links are not followed.
    package static func absolute(_ path: String) -> String {
        var parts: [Substring] = []
        let start = path.hasPrefix("/") ? path : join(workingFolder, path)
        for part in start.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    private static var workingFolder: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }

    package static func isFolder(_ path: String) -> Bool { mode(path) == S_IFDIR }

    package static func exists(_ path: String) -> Bool { mode(path) != nil }

    /// Something else than a folder.
    package static func isFile(_ path: String) -> Bool { mode(path).map { $0 != S_IFDIR } ?? false }

    /// Neither folder nor device nor pipe: what can be looked at without taking anything from who reads it next.
    package static func isRegular(_ path: String) -> Bool { mode(path) == S_IFREG }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }
}
