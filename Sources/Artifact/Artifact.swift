import Formats
import IR
import Runtime

/// A compiled model: lowered functions, and weights as the kernels of one instruction set read them (Docs/artifact.md).
package final class Artifact: Sendable {
    /// Version of the format that its file is of.
    package let version: Int
    package let packed: PackedModule
    /// The instruction set that the weights are packed for.
    package let target: String
    package let provenance: Provenance
    let section: Section

    /// The file, or `FILE/NAME` of a model in a bundle.
    package var path: String { section.path }

    /// Whether `path` names a compiled model or bundle, of whatever version.
    package static func isArtifact(_ path: String) -> Bool { CompiledPlace(path) != nil }

    /// Opens the compiled model at `path`: a file, or `FILE/NAME` for one of a compiled bundle.
    /// - Throws: `CheckpointError` naming file, tensor or version.
    package convenience init(path: String) throws(CheckpointError) {
        let place = CompiledPlace(path)
        try self.init(ArtifactFile(path: place?.file ?? path), place?.member)
    }

    private convenience init(_ file: ArtifactFile, _ name: String?) throws(CheckpointError) { try self.init(file.section(name)) }

    init(_ section: Section) throws(CheckpointError) {
        (self.section, version) = (section, section.file.version)
        target = try section.text(.target)
        provenance = try section.value(.provenance)
        let places: [String: Place] = try section.value(.packed)
        let module = try Artifact.module(section)
        var weights: [PackedConstant] = []
        for (name, place) in places.sorted(by: { $0.key < $1.key }) { weights.append(try place.constant(name, section)) }
        packed = PackedModule(module: module, weights: weights)
    }

    /// The module of the program, whose constants without data take those of the file.
    private static func module(_ section: Section) throws(CheckpointError) -> Module {
        let text = try section.text(.program)
        var module: Module
        do { module = try Module(parsing: text) } catch {
            throw CheckpointError(.malformed, file: section.path, subject: HeaderKey.program.rawValue, "\(error)")
        }
        for constant in module.constants.values where constant.bytes == nil {
            guard let stored = section.tensor(constant.key), let bytes = stored.bytes else { continue }
            let (made, type) = (Constant(key: constant.key, type: constant.type, bytes: bytes), constant.type)
            guard stored.type == StoredType(type).type(bytes: bytes.count), made.tensor != nil else {
                throw CheckpointError(
                    .inconsistent, file: section.path, subject: constant.key, "it is stored as \(stored.type), the program needs \(type)")
            }
            module.setConstant(made)
        }
        return module
    }

    /// The plan that runs it. Nothing is packed or folded, unless the file is for another instruction set.
    /// - Throws: `CheckpointError` naming the file, for a program that is unsound or weights that do not fit it.
    package func plan() throws(CheckpointError) -> Plan {
        do { return try Plan(packed) } catch { throw CheckpointError(.malformed, file: path, "\(error)") }
    }

    /// SHA-256 of its program and the checksums of its tensors, which tells one model from another, in whatever file it is.
    /// - Throws: `CheckpointError` if the header lacks them.
    package var digest: String {
        get throws(CheckpointError) {
            Checksum.text(of: ["": try section.text(.program), "#": try section.text(.checksums)])
        }
    }

    /// Looks at every byte.
    /// - Throws: `CheckpointError` naming the first tensor whose data are not those that were written.
    package func verify() throws(CheckpointError) { try section.file.verify(section) }
}
