import Digests
import Formats
import IR
import Runtime

/// A compiled model in a file (`.tess`): lowered functions, and weights as the kernels of one instruction set read them (Docs/artifact.md).
///
/// The file is a safetensors file. It is mapped: what kernels read are its pages, which processes share.
package final class Artifact: Sendable {
    /// Version of the format that is written; all up to it are read.
    package static let version = 1

    package let path: String
    /// Version of the format that the file is of.
    package let version: Int
    package let packed: PackedModule
    /// The instruction set that the weights are packed for.
    package let target: String
    package let provenance: Provenance
    /// SHA-256 of each tensor, in hexadecimal digits.
    private let checksums: [String: String]
    private let tensors: [String: Constant]

    /// Whether the file at `path` is a compiled model, of whatever version.
    package static func isArtifact(_ path: String) -> Bool { SafeTensorsFile.isCompiled(path) }

    /// - Throws: `CheckpointError` naming file, tensor or version.
    package init(path: String) throws(CheckpointError) {
        let file = try SafeTensorsFile(path: path)
        version = try Artifact.checkedVersion(file)
        let head = Header(file: file)
        self.path = path
        target = try head.text(.target)
        provenance = try head.value(.provenance)
        checksums = try head.value(.checksums)
        let places: [String: Place] = try head.value(.packed)
        tensors = file.byName
        let module = try Artifact.module(try head.text(.program), file, tensors)
        var weights: [PackedConstant] = []
        for (name, place) in places.sorted(by: { $0.key < $1.key }) { weights.append(try place.constant(name, tensors[name], path)) }
        packed = PackedModule(module: module, weights: weights)
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

    /// The module of `text`, whose constants without data take those of the file.
    private static func module(
        _ text: String, _ file: SafeTensorsFile, _ tensors: [String: Constant]
    ) throws(CheckpointError) -> Module {
        func fault(_ problem: String) -> CheckpointError {
            CheckpointError(.malformed, file: file.path, subject: HeaderKey.program.rawValue, problem)
        }
        var module: Module
        do { module = try Module(parsing: text) } catch { throw fault("\(error)") }
        for constant in module.constants.values where constant.bytes == nil {
            guard let stored = tensors[constant.key], let bytes = stored.bytes else { continue }
            let (made, type) = (Constant(key: constant.key, type: constant.type, bytes: bytes), constant.type)
            guard stored.type == StoredType(type).type(bytes: bytes.count), made.tensor != nil else {
                throw CheckpointError(
                    .inconsistent, file: file.path, subject: constant.key, "it is stored as \(stored.type), the program needs \(type)")
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

    /// Looks at every byte.
    /// - Throws: `CheckpointError` naming the first tensor whose data are not those that were written.
    package func verify() throws(CheckpointError) {
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) where !name.hasPrefix(SafeTensorsWriter.paddingPrefix) {
            guard let sum = checksums[name] else {
                throw CheckpointError(.inconsistent, file: path, subject: name, "the file has no checksum of it")
            }
            guard let bytes = tensor.bytes, Checksum.text(of: bytes) == sum else {
                throw CheckpointError(
                    .inconsistent, file: path, subject: name, "its data are damaged: their checksum is not the one that was written",
                    advice: "copy the file again, or compile the model again")
            }
        }
        if let missing = checksums.keys.sorted().first(where: { tensors[$0] == nil }) {
            throw CheckpointError(.missing, file: path, subject: missing, "the file has a checksum of it, but no data")
        }
    }
}

/// Keys of the header's `__metadata__`.
enum HeaderKey: String {
    case program = "tessera.program"
    case target = "tessera.target"
    case packed = "tessera.packed"
    case checksums = "tessera.checksums"
    case provenance = "tessera.provenance"
}

/// Reads the header's `__metadata__`.
private struct Header {
    let file: SafeTensorsFile

    func text(_ key: HeaderKey) throws(CheckpointError) -> String {
        guard let text = file.metadata[key.rawValue] else {
            throw CheckpointError(.missing, file: file.path, subject: key.rawValue, "the header lacks it, so the file is damaged")
        }
        return text
    }

    /// A value in JSON.
    func value<Value: Decodable>(_ key: HeaderKey) throws(CheckpointError) -> Value {
        let json = try ConfigValue(json: try text(key), file: file.path)
        do { return try json.decode(Value.self) } catch {
            throw CheckpointError(.malformed, file: file.path, subject: key.rawValue, "it does not say what it should: \(error)")
        }
    }
}

/// What a packed tensor of the file is.
struct Place: Codable {
    /// Key of the weight in the program.
    let weight: String
    let layout: String
    let form: String
    let target: String

    func constant(_ name: String, _ stored: Constant?, _ path: String) throws(CheckpointError) -> PackedConstant {
        guard let bytes = stored?.bytes else {
            throw CheckpointError(.missing, file: path, subject: name, "the packed weight of @\(weight) is not in the file")
        }
        guard let layout = Layout(rawValue: layout), let form = PackedConstant.Form(rawValue: form),
            let set = Machine.InstructionSet(name: target)
        else {
            throw CheckpointError(
                .malformed, file: path, subject: name, "there is no packed order '\(layout), \(form)' for '\(target)'")
        }
        return PackedConstant(key: weight, layout: layout, form: form, instructionSet: set, bytes: bytes)
    }
}

/// How a constant lies in a safetensors file: packed types, narrow floats and texts as bytes.
struct StoredType {
    private let type: TensorType

    init(_ type: TensorType) { self.type = type }

    /// - Parameter bytes: how many there are.
    func type(bytes: Int) -> TensorType {
        type.dtype.safeTensorsName != nil ? TensorType(type.dtype, type.shape) : TensorType(.u8, [Dim(bytes)])
    }
}

enum Checksum {
    /// SHA-256 in hexadecimal digits.
    static func text(of bytes: ByteSlice) -> String {
        var sum = SHA256()
        sum.update(bytes.buffer)
        return sum.finalized().hexadecimal
    }
}
