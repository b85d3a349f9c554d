import Artifact
import Digests
import Files
import Formats
import Foundation
import FourMSettings

/// What the tokens in a folder were made with: `tokenization.json` there, so that tokens of two kinds never mix unnoticed.
package struct TokenizationRecord: Codable, Hashable, Sendable {
    static let fileName = "tokenization.json"

    let modality: String
    /// Name of the tokenizer's file, and a digest of its size, beginning and end.
    let tokenizer: String
    let digest: String
    let precision: String
    let side: Int
    let crops: Int?
    /// Where random crops are drawn.
    let minimumScale: Double?
    let seed: UInt64?
    let filter: String?
    let maskValue: Float?
    let ignoresOrientation: Bool

    init(_ settings: DatasetSettings, side: Int, tokenizer path: String, precision: String) throws {
        let draws = (settings.crops ?? 1) > 1
        modality = settings.modality.base
        tokenizer = (path as NSString).lastPathComponent
        digest = try TokenizationRecord.digest(path)
        self.precision = precision
        self.side = side
        crops = settings.crops
        minimumScale = draws ? settings.minimumScale : nil
        seed = draws ? settings.seed : nil
        filter = settings.filter?.rawValue
        maskValue = settings.maskValue
        ignoresOrientation = settings.ignoresOrientation
    }

    private static let sampled = 1 << 16

    private static func weightFiles(in folder: String) throws -> [String] {
        try FolderListing(folder, suffixes: Set(ModelSuffix.all.map { String($0.dropFirst()) }), entersSubfolders: true).files
    }

    /// Of a file, of the files with weights in a folder, or of a compiled model.
    private static func digest(_ path: String) throws -> String {
        if Artifact.isArtifact(path) { return try String(Artifact(path: path).digest.prefix(32)) }
        let files = FilePath.isFolder(path) ? try weightFiles(in: path).map { FilePath.join(path, $0) } : [path]
        var sample: [UInt8] = []
        for file in files where file == path || ModelFolder.isModel(file) {
            let bytes = try MappedFile.open(file)
            let buffer = UnsafeRawBufferPointer(start: bytes.pointer, count: bytes.count)
            sample += Array("\(bytes.count) ".utf8) + buffer.prefix(sampled) + buffer.suffix(sampled)
        }
        guard !sample.isEmpty else { throw FourMError("\(path) holds no weights") }
        return SHA256.digest(of: sample).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Holds the record against the one in `folder`, if there is one.
    /// - Throws: ``FourMError`` naming the options that differ.
    func check(against folder: String) throws {
        let path = FilePath.join(folder, TokenizationRecord.fileName)
        guard FilePath.exists(path) else { return }
        guard let saved = try? Config.read(path).dictionary, let own = try? ConfigValue(json: encoded(), file: path).dictionary else {
            throw FourMError("\(path) cannot be read; remove it if the tokens beside it are of this run")
        }
        let differing = Set(saved.keys).union(own.keys).filter { saved[$0] != own[$0] }
        guard !differing.isEmpty else { return }
        let list = differing.sorted().map { key in
            "\(TokenizationRecord.options[key] ?? key) \(TokenizationRecord.text(saved[key])), not \(TokenizationRecord.text(own[key]))"
        }
        throw FourMError(
            "\(folder) holds tokens made with \(list.joined(separator: "; ")). Give the same options, another --output or "
                + "--output-folder, or --overwrite to make all tokens again")
    }

    /// Saves the record in `folder`, or holds it against the one that another run has saved there meanwhile.
    /// - Throws: as ``check(against:)``; `CheckpointError` if it cannot be written.
    func settle(in folder: String, overwriting: Bool) throws {
        let path = FilePath.join(folder, TokenizationRecord.fileName)
        let text = try encoded()
        try DatasetPath.makeFolder(of: path)
        if overwriting { return try AtomicFile.write(to: path) { (file) throws(CheckpointError) in try file.append(text) } }
        if try AtomicFile.writeNew(to: path, { (file) throws(CheckpointError) in try file.append(text) }) { return }
        try check(against: folder)
    }

    private func encoded() throws -> [UInt8] {
        Array(try JSONWriter.text(self, isPretty: true).utf8) + [UInt8(ascii: "\n")]
    }

    /// What sets each field on the command line.
    private static let options = [
        "modality": "--modality", "tokenizer": "the tokenizer", "digest": "the tokenizer's digest", "precision": "--precision",
        "side": "--size", "crops": "--crops", "minimumScale": "--min-crop-scale", "seed": "--seed", "filter": "--filter",
        "maskValue": "--mask-value", "ignoresOrientation": "--ignore-orientation",
    ]

    private static func text(_ value: ConfigValue?) -> String { value.map { $0.string ?? $0.description } ?? "unset" }
}
