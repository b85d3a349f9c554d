import Foundation
import FourM
import Hub
import Passes

/// An argument that may be a bundle or a single model.
enum ModelOrBundle {
    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `BundleError`.
    static func load(_ given: String, _ precision: PrecisionPolicy) throws -> LoadedBundle {
        let path = try ModelLocation.find(given).path
        if FourM.Bundle.isBundle(path) { return try LoadedBundle(path: path, precision: precision) }
        return LoadedBundle(FourM.Bundle(model: path), precision: precision)
    }
}
