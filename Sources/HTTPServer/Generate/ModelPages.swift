import Artifact
import Formats
import Foundation
import FourM
import FourMModels
import IR
import Inspect
import PageTemplate
import Passes
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
    /// - Throws: `TesseraError`.
    func page(_ name: String, of path: String) throws(TesseraError) -> [UInt8] {
        do {
            let changed = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
            if let found = kept.first(where: { $0.name == name && $0.path == path && $0.changed == changed }) { return found.bytes }
            let bytes = try ModelPages.made(name, path)
            kept = [Page(name: name, path: path, changed: changed, bytes: bytes)] + kept.filter { $0.name != name }.prefix(mostKept - 1)
            return bytes
        } catch { throw TesseraError(error) }
    }

    private static func made(_ name: String, _ path: String) throws -> [UInt8] {
        let (imported, file) = try module(path)
        let isClean = imported.stage != .imported || !imported.constants.values.allSatisfy { $0.bytes != nil }
        let module = isClean ? imported : try ModelLoader.cleaned(imported)
        let report = try ModelReport(module, of: imported, files: [file])
        let data = PageBuilder(title: name).data(of: module, report)
        return try PageText(html: PageTemplate.html, style: PageTemplate.style, script: PageTemplate.script).page(data)
    }

    private static func module(_ path: String) throws -> (Module, file: String) {
        let source = try ModelSource(path)
        if source.isBundle {
            let bundle = try FourM.Bundle(path: source.path)
            guard let model = bundle.sources.model else { throw TesseraError(.unreadable, "\(path) names no model") }
            return (try bundle.read(model).module, try bundle.resolve(model))
        }
        if CompiledPlace.isCompiled(source.path) { return (try Artifact(path: source.path).packed.module, source.path) }
        if IRTextFile.isIRText(source.path) { return (try IRTextFile.read(source.path), source.path) }
        return (try Model(path).module, source.path)
    }
}
