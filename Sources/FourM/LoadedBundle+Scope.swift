import Formats
import Foundation
import FourMModels
import FourMSettings
import Importers

extension Bundle {
    /// Whether `path` is a bundle: a folder with a `bundle.yaml`, such a file, or a compiled bundle.
    package static func isBundle(_ path: String) -> Bool {
        path.hasSuffix(".yaml") || FileManager.default.fileExists(atPath: path + "/bundle.yaml") || CompiledPlace.isBundle(path)
    }

    /// A single model without tokenizers: a checkpoint file, shard index or folder.
    package init(model path: String) {
        let url = URL(fileURLWithPath: path)
        (folder, archive) = (url.deletingLastPathComponent(), nil)
        name = url.deletingPathExtension().lastPathComponent
        sources.model = url.path
    }
}

extension LoadedBundle {
    /// The part of the 4M transformer that `scope` names, compiled anew; ``model()`` keeps the whole one.
    /// - Throws: `ImportError` naming modalities that the model lacks.
    package func model(_ scope: ImportScope) throws -> FourMModel {
        let path = try modelPath()
        onLoad?("model")
        let model = try bundle.archive == nil ? ModelLoader.read(path, scope: scope, lora: bundle.adapters()) : read(.model)
        return try FourMModel(model.plan(precision: precision), threads: threads)
    }

    /// The input that `word` means (``ModalityWord``), pixels rather than tokens unless arrays are given; without a word the modality of
    /// photos: `rgb@224` where the model has it, or the first that it takes as pixels.
    /// - Throws: ``FourMError`` naming the inputs there are.
    package func input(_ word: String?, isArray: Bool = false) throws -> String {
        let known = try modalities().values.filter(\.isInput).sorted { $0.name < $1.name }
        if let word { return try ModelModality.input(word, in: known, isArray: isArray) }
        let pixels = known.filter { $0.kind == .pixels }.map(\.name)
        if let photo = pixels.first(where: { $0 == "rgb@224" }) ?? pixels.first { return photo }
        throw FourMError("the model takes no photos; it takes: \(known.map(\.name).joined(separator: ", "))", .request)
    }

    /// The input for captions.
    /// - Throws: ``FourMError`` naming the inputs there are; ``BundleError`` without a text tokenizer.
    package func captionInput() throws -> String {
        let name = try input("caption")
        guard bundle.sources.textTokenizer != nil else {
            throw BundleError(
                "captions need a text tokenizer, and '\(bundle.name)' names none; give a bundle with 'text_tokenizer: FILE.json'")
        }
        return name
    }

    /// The target that `word` means.
    /// - Throws: ``FourMError`` naming the targets there are.
    package func target(_ word: String) throws -> String { try ModelModality.target(word, in: Array(modalities().values)) }

    /// The modality, without size, of the bundle's tokenizer that `word` means: `tok_rgb` for `rgb`, `rgb@224` and `tok_rgb@448`.
    /// - Throws: ``FourMError`` naming the tokenizers there are.
    package func tokenizerName(_ word: String) throws -> String {
        try ModalityWord.resolve(
            word, in: Array(bundle.sources.tokenizers.keys), lacks: "bundle '\(bundle.name)' has no tokenizer for", has: "it has")
    }

    /// Name and size of the model's files, its adapters and the precision, which tell one model from another; of a compiled model the size of
    /// what it holds, in whatever file it is.
    package func modelIdentity() throws -> String {
        let path = try modelPath()
        let bytes = try ModelLoader.artifact(path)?.packed.byteCount ?? LoadedBundle.fileBytes(path)
        let adapters = try bundle.adapters().map { ", \(($0.path as NSString).lastPathComponent):\($0.scale)" }.joined()
        let rounded = precision.isIdentity ? "" : ", \(precision)"
        return "\((path as NSString).lastPathComponent), \(bytes) bytes" + adapters + rounded
    }

    /// Bytes of a file, or of all files in a folder.
    private static func fileBytes(_ path: String) -> Int {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        let files = names.isEmpty ? [path] : names.map { (path as NSString).appendingPathComponent($0) }
        return files.reduce(0) { $0 + size($1) }
    }

    /// Bytes of the file at `path` or behind a link there.
    private static func size(_ path: String) -> Int {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: target)[.size] as? NSNumber)?.intValue ?? 0
    }

    private func modelPath() throws -> String {
        guard let path = bundle.sources.model else { throw BundleError("bundle '\(bundle.name)' names no model") }
        return try bundle.resolve(path)
    }
}
