import Files
import Foundation
import FourM
import FourMSettings
import Inspect

/// What one value of an input stands for: the files of a folder or of a pattern, or itself.
struct InputFiles {
    /// Texts in files as `@FILE`.
    var values: [String]
    /// What each file is called, by which files of several modalities are paired; nil for a value that stands for itself.
    var names: [String]?
    /// What was left out, in a line.
    var leftOut: String?

    /// - Throws: ``WorkError`` for a folder or pattern without files of the modality, and for a file in place of a text.
    init(_ value: String, of modality: String) throws {
        values = [value]
        let isText = InputFiles.isText(modality)
        let isReference = isText && value.hasPrefix("@")
        let path = isReference ? String(value.dropFirst()) : value
        if InputFiles.isFolder(path) {
            try open(path, modality)
        } else if FilePattern.isPattern(path), isReference || !isText, !InputFiles.isFile(path) {
            try match(path, modality)
        } else if isText, !isReference, InputFiles.isFile(value), !InputFiles.isTextFile(value) {
            throw WorkError(InputFiles.question(value, modality))
        }
    }

    /// Whether values of `modality` are texts.
    static func isText(_ modality: String) -> Bool { meant(modality).contains { $0.encoder == .sequence } }

    /// A word such as `depth` may mean several modalities, which are all kept alike.
    private static func meant(_ word: String) -> [ModalityInfo] {
        ModalityWord.matches(word, in: ModalityTable.standard.names).compactMap { ModalityTable.standard[$0] }
    }

    static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    private static func isFile(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) && !isFolder(path) }

    private static func isTextFile(_ name: String) -> Bool { [".txt", ".json"].contains(where: name.lowercased().hasSuffix) }

    private static func question(_ value: String, _ modality: String) -> String {
        let words = modality == "caption" ? ", or --prompt \"\(value)\" if these are the words" : ""
        return
            "\(modality)=\(value): there is a file of that name, and '\(modality)' takes a text; write \(modality)=@\(value) to read the "
            + "text from the file" + words
    }

    private mutating func open(_ folder: String, _ modality: String) throws {
        let kinds = InputFiles.suffixes(of: modality)
        let listing = try FolderListing(folder, suffixes: Set(kinds))
        guard !listing.files.isEmpty else {
            let holds = listing.leftOut.isEmpty ? "it is empty" : "it holds \(listing.leftOut)"
            throw WorkError("folder \(folder) holds no file of '\(modality)' (.\(kinds.joined(separator: ", ."))); \(holds)", .content)
        }
        take(listing.files.map { (folder as NSString).appendingPathComponent($0) }, InputFiles.isText(modality))
        names = listing.files.map { ($0 as NSString).deletingPathExtension }
        leftOut = listing.leftOut.isEmpty ? nil : "\(folder): left out \(listing.leftOut)"
    }

    private mutating func match(_ text: String, _ modality: String) throws {
        let pattern = FilePattern(text)
        guard !pattern.files.isEmpty else { throw WorkError("\(modality)=\(text): no file matches", .missing) }
        take(pattern.files, InputFiles.isText(modality))
        names = pattern.files.map(pattern.open)
        leftOut = pattern.leftOut == 0 ? nil : "\(text): left out \(pattern.leftOut) (folders, and names that are no UTF-8)"
    }

    private mutating func take(_ files: [String], _ isText: Bool) {
        values = files.map { isText || InputFiles.isTextFile($0) ? "@" + $0 : $0 }
    }

    /// What a modality's samples are kept in: notes beside photos are no photos.
    private static func suffixes(of modality: String) -> [String] {
        let (pictures, texts) = (["png", "jpg", "jpeg", "webp", "npy", "npz"], ["txt", "json"])
        return meant(modality).isEmpty ? pictures + texts : isText(modality) ? texts : pictures
    }
}
