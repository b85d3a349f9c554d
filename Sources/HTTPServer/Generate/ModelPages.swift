import Foundation
import Tessera

/// Makes the pages of models, one after the other, on a thread of its own; keeps the last ones.
actor ModelPages {
    private struct Page {
        let name, path: String
        let changed: Date?
        let bytes: [UInt8]
    }

    private let queue = WorkQueue("tessera.pages")
    private var kept: [Page] = []
    private let mostKept = 4

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    /// The page of the model `name`, which lies at `path`; of a bundle that of its 4M model.
    /// - Throws: ``TesseraError``.
    func page(_ name: String, of path: String) throws(TesseraError) -> [UInt8] {
        let changed = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        if let found = kept.first(where: { $0.name == name && $0.path == path && $0.changed == changed }) { return found.bytes }
        let bytes = try ModelPage.html(of: path, title: name)
        kept = [Page(name: name, path: path, changed: changed, bytes: bytes)] + kept.filter { $0.name != name }.prefix(mostKept - 1)
        return bytes
    }
}
