import Formats
import IR

/// Keys of the header's `__metadata__`; of a model in a bundle, its name and a slash stand before them.
enum HeaderKey: String, CaseIterable {
    case program = "tessera.program"
    case target = "tessera.target"
    case packed = "tessera.packed"
    case checksums = "tessera.checksums"
    case provenance = "tessera.provenance"
    /// Of the file: SHA-256 of all else that is in `__metadata__`.
    case sum = "tessera.sum"
}

/// What of a file is one model, or the file itself.
struct Section: Sendable {
    let file: ArtifactFile
    /// nil for the file.
    let name: String?

    /// What stands before keys and names of tensors.
    var prefix: String { name.map { "\($0)/" } ?? "" }

    /// As people name it.
    var path: String { name.map { "\(file.path)/\($0)" } ?? file.path }

    func tensor(_ name: String) -> Constant? { file.tensors[prefix + name] }

    func text(_ key: HeaderKey) throws(CheckpointError) -> String {
        guard let text = file.metadata[prefix + key.rawValue] else {
            throw CheckpointError(.missing, file: path, subject: key.rawValue, "the header lacks it, so the file is damaged")
        }
        return text
    }

    /// A value in JSON.
    func value<Value: Decodable>(_ key: HeaderKey) throws(CheckpointError) -> Value {
        let json = try ConfigValue(json: try text(key), file: path)
        do { return try json.decode(Value.self) } catch {
            throw CheckpointError(.malformed, file: path, subject: key.rawValue, "it does not say what it should: \(error)")
        }
    }

    /// The texts that the header has of it.
    var texts: [HeaderKey: String] {
        HeaderKey.allCases.reduce(into: [:]) { $0[$1] = file.metadata[prefix + $1.rawValue] }
    }

    /// Its tensors, under the names that the model has for them.
    var tensors: [Constant] {
        file.tensors.values.filter { $0.key.hasPrefix(prefix) && !$0.key.hasPrefix(SafeTensorsWriter.paddingPrefix) }.map {
            Constant(key: String($0.key.dropFirst(prefix.count)), type: $0.type, bytes: $0.bytes)
        }
    }

    /// Holds the tensors `names` of the file against their checksums.
    /// - Throws: `CheckpointError` naming the first that is not what was written, lacks a checksum or is not there.
    func verify(_ names: [String]) throws(CheckpointError) {
        let checksums: [String: String] = try value(.checksums)
        for full in names.sorted() where !full.hasPrefix(SafeTensorsWriter.paddingPrefix) {
            let name = String(full.dropFirst(prefix.count))
            guard let sum = checksums[name] else {
                throw CheckpointError(.inconsistent, file: path, subject: name, "the file has no checksum of it")
            }
            guard let bytes = file.tensors[full]?.bytes, Checksum.text(of: bytes) == sum else {
                throw CheckpointError(
                    .inconsistent, file: path, subject: name, "its data are damaged: their checksum is not the one that was written",
                    advice: "copy the file again, or compile the model again")
            }
        }
        if let missing = checksums.keys.sorted().first(where: { tensor($0) == nil }) {
            throw CheckpointError(.missing, file: path, subject: missing, "the file has a checksum of it, but no data")
        }
    }
}
