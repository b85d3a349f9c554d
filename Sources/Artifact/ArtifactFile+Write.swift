import Formats
import IR

extension ArtifactFile {
    /// Writes a bundle to `path`, under a temporary name first. Data are copied from the files of its models, never held all at once.
    /// - Parameters:
    ///   - bundle: text of its `bundle.yaml`, which names the models and files as here.
    ///   - models: by name, from whatever files.
    ///   - files: what else it needs, by name.
    /// - Throws: `CheckpointError` for a name that cannot be one, or if the file cannot be written.
    package static func write(
        bundle: String, models: [String: Artifact], files: [String: ByteSlice], to path: String
    ) throws(CheckpointError) {
        for name in Array(models.keys) + files.keys where name.isEmpty || name.contains("/") || name.hasPrefix("#") {
            throw CheckpointError(.unwritable, file: path, subject: name, "nothing in a bundle can be called so")
        }
        var tensors = files.map { Constant(key: $0.key, type: TensorType(.u8, [Dim($0.value.count)]), bytes: $0.value) }
        var metadata = [CompiledPlace.bundleKey: bundle]
        do { metadata[HeaderKey.checksums.rawValue] = try JSONWriter.text(checksums(tensors)) } catch {
            throw CheckpointError(.unwritable, file: path, "its header cannot be written: \(error)")
        }
        for (name, model) in models {
            for (key, text) in model.section.texts where key != .sum { metadata["\(name)/\(key.rawValue)"] = text }
            tensors += model.section.tensors.map { Constant(key: "\(name)/\($0.key)", type: $0.type, bytes: $0.bytes) }
        }
        try write(tensors, metadata, to: path)
    }

    /// Writes a file of this version: its tensors at aligned places, the header with a sum of its own.
    static func write(_ tensors: [Constant], _ metadata: [String: String], to path: String) throws(CheckpointError) {
        var metadata = metadata
        metadata[SafeTensorsFile.compiledKey] = "\(version)"
        metadata[HeaderKey.sum.rawValue] = Checksum.text(of: metadata)
        try SafeTensorsWriter.write(tensors, metadata: metadata, to: path, isPadded: true)
    }

    /// SHA-256 of each tensor, in hexadecimal digits.
    static func checksums(_ tensors: [Constant]) -> [String: String] {
        tensors.reduce(into: [:]) { $0[$1.key] = $1.bytes.map { Checksum.text(of: $0) } }
    }
}
