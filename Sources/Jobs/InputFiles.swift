import Files
import Foundation
import FourM
import FourMSettings
import Inspect
import Media

/// What one value of an input stands for: the files of a folder or of a pattern, or itself.
package struct InputFiles {
    /// Texts in files as `@FILE`.
    package var values: [String]
    /// What each file is called, by which files of several modalities are paired; nil for a value that stands for itself.
    var names: [String]?
    /// What was left out, in a line.
    var leftOut: String?

    /// - Throws: ``WorkError`` for a folder or pattern without files of the modality, and for a file in place of a text.
    package init(_ value: String, of modality: String) throws {
        values = [value]
        let isText = InputFiles.isText(modality)
        let isReference = isText && value.hasPrefix("@")
        let path = isReference ? String(value.dropFirst()) : value
        if FilePath.isFolder(path) {
            try open(path, modality)
        } else if FilePattern.isPattern(path), isReference || !isText, !FilePath.isFile(path) {
            try match(path, modality)
        } else {
            let words = modality == "caption" ? ", or --prompt \"\(value)\" if these are the words" : ""
            try InputFiles.check(value, of: modality, otherwise: words)
        }
    }

    /// Asks about a file in place of a text: it may be meant, or the words may happen to be its name.
    /// - Parameter otherwise: how to give the words, if there is a way.
    /// - Throws: ``WorkError`` if `modality` takes texts and there is a file called `value`, which is no text by its name.
    package static func check(_ value: String, of modality: String, otherwise: String = "") throws {
        guard isText(modality), !value.hasPrefix("@"), FilePath.isFile(value), !isTextFile(value) else { return }
        throw WorkError(
            "\(modality)=\(value): there is a file of that name, and '\(modality)' takes a text; write \(modality)=@\(value) to read the "
                + "text from the file" + otherwise)
    }

    /// Whether values of `modality` are texts.
    package static func isText(_ modality: String) -> Bool { meant(modality).contains { $0.encoder == .sequence } }

    /// A word such as `depth` may mean several modalities, which are all kept alike.
    private static func meant(_ word: String) -> [ModalityInfo] {
        ModalityWord.matches(word, in: ModalityTable.standard.names).compactMap { ModalityTable.standard[$0] }
    }

    private static func isTextFile(_ name: String) -> Bool { [".txt", ".json"].contains(where: name.lowercased().hasSuffix) }

    private mutating func open(_ folder: String, _ modality: String) throws {
        let kinds = InputFiles.suffixes(of: modality)
        let listing = try FolderListing(folder, suffixes: Set(kinds))
        guard !listing.files.isEmpty else {
            let holds = listing.leftOut.isEmpty ? "it is empty" : "it holds \(listing.leftOut)"
            throw WorkError("folder \(folder) holds no file of '\(modality)' (.\(kinds.joined(separator: ", ."))); \(holds)", .content)
        }
        take(listing.files.map { FilePath.join(folder, $0) }, modality)
        names = listing.files.map { ($0 as NSString).deletingPathExtension }
        leftOut = listing.leftOut.isEmpty ? nil : "\(folder): left out \(listing.leftOut)"
    }

    private mutating func match(_ text: String, _ modality: String) throws {
        let pattern = FilePattern(text, suffixes: Set(InputFiles.suffixes(of: modality)))
        guard !pattern.files.isEmpty else {
            let beside = pattern.leftOut.isEmpty ? "" : "; left out: \(pattern.leftOut)"
            throw WorkError("\(modality)=\(text): no file matches\(beside)", .missing)
        }
        take(pattern.files, modality)
        names = pattern.files.map(pattern.open)
        leftOut = pattern.leftOut.isEmpty ? nil : "\(text): left out \(pattern.leftOut)"
    }

    private mutating func take(_ files: [String], _ modality: String) {
        // Of a modality that is not known, the name tells.
        let isKnown = !InputFiles.meant(modality).isEmpty
        let isText = InputFiles.isText(modality)
        values = files.map { (isKnown ? isText : InputFiles.isTextFile($0)) ? "@" + $0 : $0 }
    }

    /// What a modality's samples are kept in: notes beside photos are no photos.
    private static func suffixes(of modality: String) -> [String] {
        let (pictures, texts) = (ImageFormat.suffixes + ["npy", "npz"], ["txt", "json"])
        return meant(modality).isEmpty ? pictures + texts : isText(modality) ? texts : pictures
    }
}
