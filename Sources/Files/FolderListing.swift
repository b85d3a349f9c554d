import Glibc

/// The files of a folder that are of use, in the order of their names, and how many were left out and why. The one rule for all commands:
/// hidden files are never taken, kinds are told by suffix whatever its case, subfolders are opened only where that is asked for.
package struct FolderListing: Sendable {
    /// Paths below the folder.
    package private(set) var files: [String] = []
    private(set) var counts = LeftOutCount()
    /// Paths below the folder of subfolders that were not opened.
    package private(set) var folders: [String] = []
    /// Paths of what cannot be looked at: dangling links, closed folders, names that are no UTF-8, as they can be shown.
    package private(set) var lost: [String] = []

    private struct Place: Hashable {
        let device, number: UInt64

        init(_ status: stat) { (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino)) }
    }

    /// Folders that are open: a link to one of them would lead round for ever.
    private var open: [Place] = []

    /// Most folders inside each other.
    private static let deepest = 64

    /// - Parameters:
    ///   - suffixes: of the wanted files, in lower case, without the point.
    ///   - entersSubfolders: whether files in subfolders count too.
    /// - Throws: ``OutputError`` for a folder that cannot be read.
    package init(_ folder: String, suffixes: Set<String>, entersSubfolders: Bool = false) throws(OutputError) {
        var status = stat()
        if stat(folder, &status) == 0 { open.append(Place(status)) }
        try read(folder, below: "", suffixes, entersSubfolders, depth: 0)
        files = FolderListing.sorted(files)
        (folders, lost) = (FolderListing.sorted(folders), FolderListing.sorted(lost))
        (counts.subfolders, counts.unreadable) = (folders.count, lost.count)
    }

    private static func sorted(_ names: [String]) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `2 hidden files, 1 subfolder`; empty if nothing was left out.
    package var leftOut: String { counts.text }

    private mutating func read(
        _ folder: String, below: String, _ suffixes: Set<String>, _ enters: Bool, depth: Int
    ) throws(OutputError) {
        let path = below.isEmpty ? folder : "\(folder)/\(below)"
        guard let stream = opendir(path) else {
            // One that was named must be there; one inside it is counted.
            if depth == 0 { throw .system(path, "cannot be read") }
            lost.append(below)
            return
        }
        defer { closedir(stream) }
        while let bytes = FolderListing.next(stream) {
            if bytes == [0x2E] || bytes == [0x2E, 0x2E] { continue }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                let shown = String(decoding: bytes, as: UTF8.self)
                lost.append(below.isEmpty ? shown : "\(below)/\(shown)")
                continue
            }
            try take(folder, below.isEmpty ? name : "\(below)/\(name)", name, suffixes, enters, depth: depth)
        }
        if errno == 0 { return }
        if depth == 0 { throw .system(path, "cannot be read to its end") }
        lost.append(below)
    }

    /// The next name of `stream`, as bytes; nil at its end, or with `errno` set where it cannot be read on.
    private static func next(_ stream: OpaquePointer) -> [UInt8]? {
        errno = 0
        guard let entry = readdir(stream) else { return nil }
        return withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
    }

    private mutating func take(
        _ folder: String, _ path: String, _ name: String, _ suffixes: Set<String>, _ enters: Bool, depth: Int
    ) throws(OutputError) {
        if name.hasPrefix(".") {
            counts.hidden += 1
            return
        }
        var status = stat()
        guard stat("\(folder)/\(path)", &status) == 0 else {
            lost.append(path)
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            let place = Place(status)
            guard enters, depth < FolderListing.deepest, !open.contains(place) else {
                folders.append(path)
                return
            }
            open.append(place)
            defer { open.removeLast() }
            return try read(folder, below: path, suffixes, enters, depth: depth + 1)
        }
        if suffixes.contains(FilePath.suffix(of: name)) { files.append(path) } else { counts.others += 1 }
    }
}
