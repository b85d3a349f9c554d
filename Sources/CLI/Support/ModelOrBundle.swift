import Foundation
import FourM
import Passes

/// Where a command will write.
enum OutputPlace {
    /// Finds out before the work, not after it, that `path` cannot be written.
    /// - Throws: ``CommandFailure`` naming the folder.
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw CommandFailure("\(path) cannot be written: folder \(folder) does not exist or may not be written to")
        }
    }
}

/// An argument that may be a bundle or a single 4M model.
enum ModelOrBundle {
    /// - Throws: ``CommandFailure`` if there is nothing at the path; `BundleError`.
    static func load(_ path: String, _ precision: Precision) throws -> LoadedBundle {
        if path.hasSuffix(".yaml") || FileManager.default.fileExists(atPath: path + "/bundle.yaml") {
            return try LoadedBundle(path: path, precision: precision)
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                "\(path) does not exist; give a bundle folder, or a .safetensors file, folder or shard index of a 4M model")
        }
        return LoadedBundle(FourM.Bundle(model: path), precision: precision)
    }
}
