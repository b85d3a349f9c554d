import Formats
import IR

/// An open `.tess` file: a compiled model, or a bundle of them with what else they need (Docs/artifact.md).
///
/// The file is a safetensors file. It is mapped: what kernels read are its pages, which processes share.
package final class ArtifactFile: Sendable {
    /// Version of the format that is written; all up to it are read.
    package static let version = 2

    package let path: String
    /// Version of the format that the file is of.
    package let version: Int
    /// Text of the bundle's `bundle.yaml`; nil for a model alone.
    package let bundle: String?
    /// Names of the bundle's models; none of a model alone.
    package let models: [String]
    /// Names of what else the bundle holds.
    package let files: [String]
    let metadata: [String: String]
    let tensors: [String: Constant]

    /// - Throws: `CheckpointError` naming file, key or version.
    package convenience init(path: String) throws(CheckpointError) { try self.init(SafeTensorsFile(path: path)) }

    package init(_ file: SafeTensorsFile) throws(CheckpointError) {
        version = try ArtifactFile.checkedVersion(file)
        (path, metadata, tensors) = (file.path, file.metadata, file.byName)
        bundle = file.metadata[CompiledPlace.bundleKey]
        let programs = "/" + HeaderKey.program.rawValue
        let names = file.metadata.keys.filter { $0.hasSuffix(programs) }.map { String($0.dropLast(programs.count)) }
        models = bundle == nil ? [] : names.filter { !$0.contains("/") }.sorted()
        let others = file.tensors.map(\.key).filter { !$0.contains("/") && !$0.hasPrefix(SafeTensorsWriter.paddingPrefix) }
        files = bundle == nil ? [] : others.sorted()
    }

    private static func checkedVersion(_ file: SafeTensorsFile) throws(CheckpointError) -> Int {
        guard let text = file.metadata[SafeTensorsFile.compiledKey] else {
            throw CheckpointError(
                .unsupported, file: file.path, "is a safetensors file, but no compiled model",
                advice: "compile it: tessera compile \(file.path) -o FILE.tess")
        }
        guard let number = Int(text), number > 0 else {
            throw CheckpointError(.malformed, file: file.path, subject: SafeTensorsFile.compiledKey, "'\(text)' is no version")
        }
        guard number <= version else {
            throw CheckpointError(
                .unsupported, file: file.path, "is a compiled model of format version \(number); this program reads up to \(version)",
                advice: "use a newer Tessera, or compile the model again with this one")
        }
        return number
    }

    /// A model of the bundle, or without a name the model that the file is.
    /// - Throws: `CheckpointError` naming what there is, or the tensor or key at fault.
    package func model(_ name: String? = nil) throws(CheckpointError) -> Artifact { try Artifact(section(name)) }

    func section(_ name: String?) throws(CheckpointError) -> Section {
        guard bundle != nil else {
            guard let name else { return Section(file: self, name: nil) }
            throw CheckpointError(.missing, file: path, subject: name, "the file is a compiled model, and no bundle that holds others")
        }
        guard let name else {
            let list = models.map { "\(path)/\($0)" }.joined(separator: ", ")
            throw CheckpointError(
                .unsupported, file: path, "is a compiled bundle of \(models.count) models, where one is needed",
                advice: "name one of them: \(list)")
        }
        guard models.contains(name) else {
            throw CheckpointError(
                .missing, file: path, subject: name, "the bundle has no such model; it has: \(models.joined(separator: ", "))")
        }
        return Section(file: self, name: name)
    }

    /// The bytes of a file that the bundle holds beside its models.
    /// - Throws: `CheckpointError` naming what there is.
    package func contents(_ name: String) throws(CheckpointError) -> ByteSlice {
        guard files.contains(name), let bytes = tensors[name]?.bytes else {
            let known = files.isEmpty ? "none" : files.joined(separator: ", ")
            throw CheckpointError(.missing, file: path, subject: name, "the bundle holds no such file; it holds: \(known)")
        }
        return bytes
    }

    /// - Throws: `CheckpointError` if a bundle holds nothing of that name.
    package func require(_ name: String) throws(CheckpointError) {
        if models.contains(name) || files.contains(name) { return }
        throw CheckpointError(
            .missing, file: path, subject: name,
            "the bundle names it, and holds no such file; it holds: "
                + (models + files).joined(separator: ", "), advice: "the file is damaged; compile the bundle again")
    }

    /// Looks at every byte.
    /// - Throws: `CheckpointError` naming the first tensor whose data are not those that were written, or the header.
    package func verify() throws(CheckpointError) {
        try verifyHeader()
        if bundle == nil { return try Section(file: self, name: nil).verify(Array(tensors.keys)) }
        try Section(file: self, name: nil).verify(tensors.keys.filter { !$0.contains("/") })
        for name in models { try verify(Section(file: self, name: name)) }
        let stray = tensors.keys.sorted().first { key in key.contains("/") && !models.contains { key.hasPrefix("\($0)/") } }
        if let stray { throw CheckpointError(.inconsistent, file: path, subject: stray, "it belongs to no model of the bundle") }
    }

    /// The same of one model.
    func verify(_ section: Section) throws(CheckpointError) {
        guard section.name != nil else { return try verify() }
        try section.verify(tensors.keys.filter { $0.hasPrefix(section.prefix) })
    }

    /// Files of version 1 have no sum of it.
    private func verifyHeader() throws(CheckpointError) {
        guard version > 1 else { return }
        guard metadata[HeaderKey.sum.rawValue] == Checksum.text(of: metadata) else {
            throw CheckpointError(
                .inconsistent, file: path, subject: HeaderKey.sum.rawValue,
                "the header is damaged: its checksum is not the one that was written",
                advice: "copy the file again, or compile the model again")
        }
    }
}
