import Foundation
import FourM
import Hub
import Passes

/// Where a command will write.
enum OutputPlace {
    /// Finds out before the work, not after it, that `path` cannot be written.
    /// - Throws: `TesseraError` naming the folder.
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Refusal.resources("\(path) cannot be written: folder \(folder) does not exist or may not be written to")
        }
    }
}

/// An argument that may be a bundle or a single model.
enum ModelOrBundle {
    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `BundleError`.
    static func load(_ given: String, _ precision: Precision) throws -> LoadedBundle {
        let path = try ModelLocation.find(given).path
        if FourM.Bundle.isBundle(path) { return try LoadedBundle(path: path, precision: precision) }
        return LoadedBundle(FourM.Bundle(model: path), precision: precision)
    }
}
