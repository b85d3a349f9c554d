import Files
import Foundation
import IR

/// The tensors of one file that IR text names.
package struct WeightSource: Sendable {
    package let path: String
    private let tensors: [String: Constant]
    /// Whether it was written beside a text: elements of types that the format lacks are then bytes.
    private let holdsBytes: Bool
    let stateKey: String?

    /// In the metadata of a file that was written beside a text.
    static let mark = ["tessera": "constants of IR text"]

    /// What was read from `path` already, so that its data are recognized by where they lie.
    package init(_ path: String, tensors: [String: Constant], stateKey: String? = nil) {
        (self.path, self.tensors, self.stateKey, holdsBytes) = (path, tensors, stateKey, false)
    }

    /// - Parameter text: path of the text, beside which relative paths are looked for.
    /// - Throws: `CheckpointError` naming the file.
    package init(_ file: WeightFile, besides text: String) throws {
        stateKey = file.stateKey
        path = WeightSource.resolve(file.path, besides: text)
        (tensors, holdsBytes) = try WeightSource.tensors(path, stateKey: file.stateKey)
    }

    static func resolve(_ path: String, besides text: String) -> String {
        path.hasPrefix("/") ? path : FilePath.join(FilePath.folder(of: text), path)
    }

    /// The tensors of a checkpoint or an ONNX model as they are stored, by name.
    private static func tensors(_ path: String, stateKey: String?) throws -> ([String: Constant], Bool) {
        if let onnx = ONNXModelFile.find(path) { return (initializers(try ONNXModel(path: onnx)), false) }
        if let file = try? SafeTensorsFile(path: path), file.metadata["tessera"] == mark["tessera"] {
            return (Dictionary(file.tensors.map { ($0.key, $0) }) { first, _ in first }, true)
        }
        return (try Checkpoint.open(path, stateKey: stateKey).tensors, false)
    }

    /// The initializers of an ONNX model, by name; those in graphs inside of nodes are left out.
    package static func initializers(_ model: ONNXModel) -> [String: Constant] {
        var found: [String: Constant] = [:]
        for tensor in model.graph.initializers where found[tensor.name] == nil {
            // One that cannot be read is missed only if the text wants it.
            guard let value = try? tensor.value(file: model.file) else { continue }
            found[tensor.name] = Constant(key: tensor.name, value)
        }
        return found
    }

    /// `constant` with its data; nil if there is no such tensor.
    /// - Throws: ``CheckpointError`` for one of another type.
    func constant(_ constant: Constant) throws -> Constant? {
        guard let found = tensors[constant.key] else { return nil }
        if found.type == constant.type { return found }
        if holdsBytes, let bytes = found.bytes, WeightSource.fits(bytes.count, constant.type) {
            return Constant(key: constant.key, type: constant.type, bytes: bytes)
        }
        throw CheckpointError(
            .inconsistent, file: path, subject: constant.key, "is \(found.type), where the text says \(constant.type)")
    }

    /// Strings are as long as they are.
    private static func fits(_ count: Int, _ type: TensorType) -> Bool { type.dtype == .string || type.byteCount == count }

    /// Whether the file gives exactly `constant`, type and data.
    func holds(_ constant: Constant) -> Bool {
        guard let found = try? self.constant(constant), let a = found.bytes, let b = constant.bytes, a.count == b.count else {
            return false
        }
        // A mapped tensor is recognized without being read.
        if a.owner === b.owner, a.offset == b.offset { return true }
        return memcmp(a.pointer, b.pointer, a.count) == 0
    }
}
