import Files
import Formats
import Foundation
import IR

/// Values in files that are no models: `.npy`, `.npz`, values of ONNX tests (`.pb`), and folders of such files.
package struct TensorFile: Sendable {
    /// A value, and where it comes from.
    package struct Entry: Sendable {
        /// In the file, or the file's name without its suffix.
        package let name: String
        /// What the file itself calls it, where that is something else.
        package let title: String?
        package let file: String
        package let value: Datum
        /// Whether it may as well be an optional: both look alike in a file of one value or none.
        package let mayBeOptional: Bool

        init(name: String, title: String? = nil, file: String, value: Datum, mayBeOptional: Bool = false) {
            (self.name, self.title, self.file, self.value, self.mayBeOptional) = (name, title, file, value, mayBeOptional)
        }
    }

    package let path: String
    /// By name, numbers in names as numbers.
    package let entries: [Entry]

    package static let suffixes = ["npy", "npz", "pb"]

    /// Whether `path` holds values and no model.
    package static func isOne(_ path: String) -> Bool {
        guard FilePath.isFolder(path) else { return kind(path) != nil }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return false }
        let isModel = names.contains { name in
            otherFiles.contains(FilePath.suffix(of: name)) || name.lowercased().hasSuffix(".index.json")
        }
        return !isModel && names.contains { suffixes.contains(FilePath.suffix(of: $0)) }
    }

    private static let otherFiles: Set<String> = [
        "onnx", "safetensors", "pth", "pt", "bin", "ckpt", "tess", "ir", "yaml",
    ]

    /// - Throws: `CheckpointError` naming the file, and ``WorkError`` for a folder of nothing but empty archives.
    package init(_ path: String) throws {
        self.path = path
        var found: [Entry] = []
        if FilePath.isFolder(path) {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            for name in names where TensorFile.suffixes.contains(FilePath.suffix(of: name)) {
                found += try TensorFile.entries(FilePath.join(path, name))
            }
        } else {
            found = try TensorFile.entries(path)
        }
        guard !found.isEmpty else { throw WorkError("\(path) holds no arrays", .content) }
        entries = TensorFile.distinct(found).sorted { a, b in a.name == b.name ? a.file < b.file : KeyOrder.precedes(a.name, b.name) }
    }

    /// Values of one name are called by their files too.
    private static func distinct(_ entries: [Entry]) -> [Entry] {
        let counts = entries.reduce(into: [String: Int]()) { $0[$1.name, default: 0] += 1 }
        return entries.map { entry in
            guard counts[entry.name, default: 0] > 1 else { return entry }
            return Entry(
                name: "\(FilePath.name(of: entry.file)):\(entry.name)", title: entry.title, file: entry.file, value: entry.value,
                mayBeOptional: entry.mayBeOptional)
        }
    }

    private static func entries(_ file: String) throws -> [Entry] {
        let name = FilePath.name(of: file)
        let stem = FilePath.suffix(of: file).isEmpty ? name : name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
        switch kind(file) {
        case .npz: return try NumpyArchive.read(file).map { Entry(name: $0.key, file: file, value: .tensor($0.value)) }
        case .onnx:
            let stored = try ONNXValueFile.readAny(file)
            let title = stored.name.isEmpty || stored.name == stem ? nil : stored.name
            return [Entry(name: stem, title: title, file: file, value: stored.value, mayBeOptional: stored.mayBeOptional)]
        default: return [Entry(name: stem, file: file, value: .tensor(try NumpyFile.read(file)))]
        }
    }

    /// What a file is by its name, else by its first bytes.
    private static func kind(_ path: String) -> FileKind? {
        guard FilePath.isRegular(path) else { return nil }
        switch FilePath.suffix(of: path) {
        case "npy": return .numpy
        case "npz": return .npz
        case "pb": return .onnx
        default: break
        }
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let head = try? handle.read(upToCount: FileKind.headCount), let kind = FileKind(Array(head)) else { return nil }
        return kind == .numpy || kind == .npz ? kind : nil
    }
}
