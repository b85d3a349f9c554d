import Files
import Tessera

/// The models of a folder:
///
///     DIR/NAME.onnx            version 1 (also .tess, .safetensors, .ir)
///     DIR/NAME/3/model.onnx    version 3
///     DIR/NAME/bundle.yaml     a 4M bundle
///
/// A folder that cannot be read, as the process has no descriptor left, say, is none that is empty: what was found there before is still there.
struct FolderScan: Sendable {
    /// Suffixes of models; of two files of one name the first counts.
    static let suffixes = ["tess", "onnx", "safetensors", "ir"]

    /// Everything that is to be served, by name and version, as far as folders could be read.
    private(set) var files: [ModelFile] = []
    /// Models whose own folders could not be read.
    private(set) var unread: Set<String> = []
    /// Why the folder of models could not be read; nil if it was.
    private(set) var fault: String?

    /// Looks at what `configuration` names.
    init(_ configuration: RepositoryConfiguration) {
        let listed = configuration.models.flatMap { files(of: $0) }
        let names = Set(listed.map(\.model))
        let found = configuration.folder.map { files(in: $0) } ?? []
        var seen: [String: Set<Int>] = [:]
        // Of two that are listed under one name the first counts.
        let all = (listed + found.filter { !names.contains($0.model) }).filter { seen[$0.model, default: []].insert($0.version).inserted }
        files = all.sorted { ($0.model, $0.version) < ($1.model, $1.version) }
    }

    /// Whether `model` may have files that were not found.
    func isUnsure(of model: String) -> Bool { fault != nil || unread.contains(model) }

    private mutating func files(of model: ModelConfiguration) -> [ModelFile] {
        let versions = FilePath.isFolder(model.path) ? versions(of: model.name, in: model.path, isListed: true) : []
        return versions.isEmpty ? [ModelFile(model.name, version: 1, path: model.path, isListed: true)] : versions
    }

    private mutating func files(in folder: String) -> [ModelFile] {
        let listing: FolderListing
        do { listing = try FolderListing(folder, suffixes: Set(FolderScan.suffixes)) } catch {
            if error.cause != .missing { fault = error.description }
            return []
        }
        var found: [String: [ModelFile]] = [:]
        for name in listing.folders {
            let made = versions(of: name, in: "\(folder)/\(name)", isListed: false)
            if !made.isEmpty { found[name] = made }
        }
        for suffix in FolderScan.suffixes {
            // The weights of a text of the IR lie beside it.
            for file in listing.files where FilePath.suffix(of: file) == suffix && !file.lowercased().hasSuffix(".ir.safetensors") {
                let name = String(file.dropLast(suffix.count + 1))
                if found[name] == nil { found[name] = [ModelFile(name, version: 1, path: "\(folder)/\(file)", isListed: false)] }
            }
        }
        return found.values.flatMap { $0 }
    }

    private mutating func versions(of name: String, in folder: String, isListed: Bool) -> [ModelFile] {
        if FilePath.isFile("\(folder)/bundle.yaml") { return [ModelFile(name, version: 1, path: folder, isListed: isListed)] }
        let listing: FolderListing
        do { listing = try FolderListing(folder, suffixes: []) } catch {
            if error.cause != .missing { unread.insert(name) }
            return []
        }
        return listing.folders.compactMap { number in
            guard let version = Int(number), version > 0, "\(version)" == number else { return nil }
            let place = "\(folder)/\(number)"
            if FilePath.isFile("\(place)/bundle.yaml") { return ModelFile(name, version: version, path: place, isListed: isListed) }
            let file = FolderScan.suffixes.map { "\(place)/model.\($0)" }.first { FilePath.isFile($0) }
            return file.map { ModelFile(name, version: version, path: $0, surroundings: place, isListed: isListed) }
        }
    }
}
