import Foundation
import FourM
import Hub
import Passes

/// An argument that may be a bundle or a single model.
enum ModelOrBundle {
    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `BundleError`.
    static func load(_ given: String, _ precision: PrecisionPolicy) throws -> LoadedBundle {
        let path = try ModelLocation.find(given).path
        let bundle = FourM.Bundle.isBundle(path) ? try FourM.Bundle(path: path) : FourM.Bundle(model: path)
        try precision.requireFits(bundle)
        return LoadedBundle(bundle, precision: precision)
    }
}
