import Artifact
import Files
import Formats
import Foundation
import FourMSettings
import Hub
import Yams

/// A model with its tokenizers, as `bundle.yaml` in a folder describes it. Models and tokenizers are paths, or names of Hub
/// repositories (`ORG/NAME`, `ORG/NAME@REVISION`) that `tessera pull` has put into the cache.
///
/// Keys of its own: `name`, `about`, `model`, `text_tokenizer`, `tokenizers` (modality without size → path), `preview_decoders`
/// (the same, for faster one-pass decoders), `lora` (adapters of the model: `FILE` or `FILE:SCALE`, or a list of them),
/// `semseg_classes`, `box_bins`, `detokenizer_steps`. The keys of ml-4m's `cfgs/default/generation/models/*.yaml`
/// (`rgb_tok_id`, `text_tok_path`, …) are accepted too, so that such a file is a bundle.
package struct Bundle: Sendable {
    /// Where its parts are: a folder, or the compiled file that holds them all.
    package let folder: URL
    /// The compiled file; nil for a folder.
    package let archive: ArtifactFile?
    package var name: String
    package var about = ""
    package var sources = ModelSources()
    /// One-pass decoders by modality without size.
    package var previewDecoders: [String: String] = [:]
    /// LoRA adapters merged into the model; paths as the bundle gives them.
    package var lora: [LoRASource] = []
    /// Names of the segmentation classes by id.
    package var semsegClasses: [String] = []
    /// Bins of box coordinates: 1000 in 4M.
    package var boxBins = 1000
    /// Keys of ml-4m in the file that have no effect in a bundle: settings of a generation or a run, sizes that the model tells itself.
    package private(set) var unusedKeys: [String] = []

    /// Opens `path`: a bundle folder, its `bundle.yaml` or another YAML file of that kind, a compiled bundle in one file, or a Hub repository
    /// with a bundle.
    /// - Throws: ``BundleError`` naming the file and key; `SettingsError` for ill-typed values; `HubError`; `CheckpointError`.
    package init(path given: String) throws {
        let path = try ModelLocation.find(given).path
        if CompiledPlace.isBundle(path) { try self.init(ArtifactFile(path: path)) } else { try self.init(yaml: path, given) }
    }

    /// The bundle that a compiled file holds.
    private init(_ file: ArtifactFile) throws {
        (folder, archive) = (URL(fileURLWithPath: file.path), file)
        name = folder.deletingPathExtension().lastPathComponent
        try read(file.bundle ?? "", file: file.path)
        guard sources.model != nil else {
            throw BundleError("\(file.path) names no model, so the file is damaged; compile the bundle again")
        }
    }

    /// - Parameter given: as the user named `path`.
    private init(yaml path: String, _ given: String) throws {
        try Bundle.checkKind(path, given)
        var url = URL(fileURLWithPath: path)
        if FilePath.isFolder(path) { url.appendPathComponent("bundle.yaml") }
        let text: String
        do { text = try InputFile.text(url.path, limit: 1 << 20) } catch {
            throw BundleError(
                "\(given) is no bundle: \(url.path) \(error.problem); it must be a small YAML file that names a 4M model and its tokenizers "
                    + "(Docs/generation.md)")
        }
        (folder, archive) = (url.deletingLastPathComponent(), nil)
        name = url.lastPathComponent == "bundle.yaml" ? folder.lastPathComponent : url.deletingPathExtension().lastPathComponent
        try read(text, file: url.path)
        guard sources.model != nil else { throw BundleError("\(url.path) names no model; add a line such as 'model: fm.safetensors'") }
    }

    private mutating func read(_ text: String, file: String) throws {
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw BundleError("\(file) is no valid YAML: \(YAMLProblem.text(error, in: text))")
        }
        guard let mapping = root?.mapping else { throw BundleError("\(file) is no YAML mapping of keys to values") }
        var rest: [String: String?] = [:]
        var own: [String: Node] = [:]
        for (keyNode, value) in mapping {
            let key = keyNode.scalar?.string ?? ""
            if Bundle.ownKeys.contains(key) {
                own[key] = value
            } else if ConfigFile.isKnown(key) {
                guard let scalar = value.scalar else { throw BundleError("\(file): '\(key)' must be a single value") }
                rest[key] = Bundle.isNull(scalar) ? Optional<String>.none : scalar.string
            } else {
                let known = Bundle.ownKeys.union(["model", "detokenizer_steps"]).sorted().joined(separator: ", ")
                throw BundleError("\(file): unknown key '\(key)'; known: \(known), and the keys of ml-4m's generation settings")
            }
        }
        do throws(SettingsError) {
            sources = try ConfigFile(values: rest).modelSources()
        } catch { throw BundleError("\(file): \(error)") }
        unusedKeys = rest.keys.filter { !ConfigFile.isUsedInBundle($0) }.sorted()
        try readOwn(own, file)
    }

    /// Modalities, without size, that have a tokenizer.
    private static let tokenized = Set(ConfigFile.tokenizers.values.flatMap { $0 })

    private static let ownKeys: Set<String> = [
        "name", "about", "text_tokenizer", "tokenizers", "preview_decoders", "lora", "semseg_classes", "box_bins",
    ]

    private static func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private mutating func readOwn(_ own: [String: Node], _ file: String) throws {
        name = own["name"]?.scalar?.string ?? name
        about = own["about"]?.scalar?.string ?? about
        for key in ["name", "about", "text_tokenizer", "box_bins"] where own[key] != nil && own[key]?.scalar == nil {
            throw BundleError("\(file): '\(key)' must be a single value")
        }
        if let classes = own["semseg_classes"], classes.sequence == nil {
            throw BundleError("\(file): semseg_classes must be a list of names")
        }
        sources.textTokenizer = own["text_tokenizer"]?.scalar?.string ?? sources.textTokenizer
        sources.tokenizers.merge(try table(own["tokenizers"], "tokenizers", file)) { _, later in later }
        if let node = own["lora"] {
            lora = try (node.sequence.map(Array.init) ?? [node]).map { item in
                guard let text = item.scalar?.string, let source = LoRASource(text) else {
                    throw BundleError("\(file): lora must be FILE or FILE:SCALE, or a list of them")
                }
                return source
            }
        }
        previewDecoders = try table(own["preview_decoders"], "preview_decoders", file)
        semsegClasses = own["semseg_classes"]?.sequence?.compactMap { $0.scalar?.string } ?? []
        if let bins = own["box_bins"]?.scalar?.string {
            guard let value = Int(bins), (2...1 << 20).contains(value) else {
                throw BundleError("\(file): box_bins must be a whole number from 2, not '\(bins)'")
            }
            boxBins = value
        }
    }

    private func table(_ node: Node?, _ key: String, _ file: String) throws -> [String: String] {
        guard let node else { return [:] }
        guard let mapping = node.mapping else { throw BundleError("\(file): \(key) must map modalities to paths") }
        var found: [String: String] = [:]
        for (name, value) in mapping {
            guard let name = name.scalar?.string, let path = value.scalar, !Bundle.isNull(path) else {
                throw BundleError("\(file): \(key) must map modalities to paths")
            }
            guard Bundle.tokenized.contains(name) else {
                throw BundleError("\(file): \(key) names '\(name)'; known: \(Bundle.tokenized.sorted().joined(separator: ", "))")
            }
            found[name] = path.string
        }
        return found
    }

    /// The model or tokenizer that the bundle calls `source` as a file system path: relative ones lie in the bundle's folder,
    /// Hub names in the cache. A compiled bundle holds all that it names: `FILE/NAME`.
    /// - Throws: `HubError` if it is in neither; `CheckpointError` if a compiled bundle lacks it.
    package func resolve(_ source: String) throws -> String {
        guard let archive else { return try ModelLocation.find(source, in: folder.path).path }
        try archive.require(source)
        return "\(folder.path)/\(source)"
    }

    /// Whether the bundle has a tokenizer for `modality`, with or without size.
    package func hasTokenizer(_ modality: String) -> Bool { sources.tokenizers[ModalityInfo.baseName(of: modality)] != nil }

    /// Path of the text tokenizer, nil if the bundle names none. ml-4m's files give it relative to the root of that repository:
    /// it may lie in the bundle's folder, under the folders above it, or under the working folder.
    /// - Throws: ``BundleError`` that says where it was looked for.
    package func textTokenizerPath() throws -> String? {
        guard let source = sources.textTokenizer else { return nil }
        if archive != nil { return try resolve(source) }
        guard !source.hasPrefix("/") else { return source }
        var folders = [folder.standardizedFileURL]
        while let last = folders.last, last.path != "/", folders.count < 64 { folders.append(last.deletingLastPathComponent()) }
        let places = folders.map { $0.appendingPathComponent(source).path } + [source]
        let beside = folder.appendingPathComponent((source as NSString).lastPathComponent).path
        if let found = ([places[0], beside] + places.dropFirst()).first(where: FileManager.default.fileExists) { return found }
        throw BundleError(
            "text tokenizer \(source) is neither in \(folder.path), nor under a folder above it or the working folder; ml-4m's is "
                + "fourm/utils/tokenizer/trained/text_tokenizer_4m_wordpiece_30k.json of github.com/apple/ml-4m: put it into \(folder.path)"
        )
    }

    /// Hub repositories that the bundle names where nothing of that path is on disk, without repetition.
    package var hubNames: [RepositoryName] {
        let all =
            [sources.model, sources.superResolutionModel].compactMap { $0 } + sources.tokenizers.sorted { $0.key < $1.key }.map(\.value)
            + previewDecoders.sorted { $0.key < $1.key }.map(\.value)
        var found: [RepositoryName] = []
        for source in all where !FileManager.default.fileExists(atPath: folder.appendingPathComponent(source).path) {
            if let name = ModelLocation.repository(source), !found.contains(name) { found.append(name) }
        }
        return found
    }

    /// The adapters of the model, with file system paths.
    /// - Throws: `HubError` for one that is not there.
    package func adapters() throws -> [LoRASource] { try lora.map { LoRASource(path: try resolve($0.path), scale: $0.scale) } }

    /// Path of the tokenizer for `modality` (with or without size), or nil.
    /// - Throws: `HubError` if it is not there.
    package func tokenizerPath(_ modality: String) throws -> String? {
        try sources.tokenizers[ModalityInfo.baseName(of: modality)].map(resolve)
    }
}

/// A bundle that cannot be used; names file and key.
package struct BundleError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
