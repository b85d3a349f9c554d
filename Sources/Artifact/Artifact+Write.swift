import Formats
import IR
import Runtime

extension Artifact {
    /// Writes `packed` to `path`, under a temporary name first.
    /// - Parameter target: the instruction set that its weights are packed for.
    /// - Throws: `CheckpointError` if the file cannot be written, or the module's text does not read back as the module.
    package static func write(
        _ packed: PackedModule, target: Machine.InstructionSet, provenance: Provenance, to path: String
    ) throws(CheckpointError) {
        let (tensors, texts) = try content(of: packed, target: target, provenance: provenance, path)
        let metadata = Dictionary(uniqueKeysWithValues: texts.map { ($0.key.rawValue, $0.value) })
        try ArtifactFile.write(tensors, metadata, to: path)
    }

    private static func content(
        of packed: PackedModule, target: Machine.InstructionSet, provenance: Provenance, _ path: String
    ) throws(CheckpointError) -> ([Constant], [HeaderKey: String]) {
        let program = packed.module.description
        let read: Module
        do { read = try Module(parsing: program) } catch {
            throw CheckpointError(.unwritable, file: path, "the program's text does not read back: \(error)")
        }
        var tensors: [Constant] = []
        // Small constants stand in the text.
        for (key, constant) in packed.module.constants where read.constants[key]?.bytes == nil {
            guard let bytes = constant.bytes else { continue }
            tensors.append(Constant(key: key, type: StoredType(constant.type).type(bytes: bytes.count), bytes: bytes))
        }
        var places: [String: Place] = [:]
        for weight in packed.weights {
            let name = "\(weight.key)#\(weight.layout.rawValue)"
            places[name] = Place(
                weight: weight.key, layout: weight.layout.rawValue, form: weight.form.rawValue, target: weight.instructionSet.name)
            tensors.append(Constant(key: name, type: TensorType(.u8, [Dim(weight.bytes.count)]), bytes: weight.bytes))
        }
        let sums = ArtifactFile.checksums(tensors)
        do {
            let texts: [HeaderKey: String] = [
                .program: program, .target: target.name, .packed: try JSONWriter.text(places), .checksums: try JSONWriter.text(sums),
                .provenance: try JSONWriter.text(provenance),
            ]
            return (tensors, texts)
        } catch { throw CheckpointError(.unwritable, file: path, "its header cannot be written: \(error)") }
    }
}
