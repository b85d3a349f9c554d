import FourM
import FourMModels
import IR
import Inspect
import PageTemplate

/// The page of a model for the browser, as `tessera inspect --html` writes it.
package enum ModelPage {
    /// HTML in UTF-8, which needs no other file; of a bundle the page of its 4M model.
    /// - Parameters:
    ///   - source: path of a model, compiled model or bundle, or name of a Hub repository in the cache.
    ///   - title: what the page calls it.
    /// - Throws: ``TesseraError`` naming the file.
    package static func html(of source: String, title: String) throws(TesseraError) -> [UInt8] {
        try translatingErrors {
            let (imported, files) = try read(try ModelSource(source))
            let isClean = imported.stage != .imported || !imported.constants.values.allSatisfy { $0.bytes != nil }
            let module = isClean ? imported : try ModelLoader.cleaned(imported)
            let data = PageBuilder(title: title).data(of: module, try ModelReport(module, of: imported, files: files))
            return try PageText(html: PageTemplate.html, style: PageTemplate.style, script: PageTemplate.script).page(data)
        }
    }

    private static func read(_ source: ModelSource) throws -> (module: Module, files: [String]) {
        if source.isBundle {
            let bundle = try FourM.Bundle(path: source.path)
            guard let model = bundle.sources.model else { throw TesseraError(.unreadable, "\(source.given) names no model") }
            return (try bundle.read(model).module, [try bundle.resolve(model)])
        }
        if let artifact = try ModelLoader.artifact(source.path) { return (artifact.packed.module, [artifact.path]) }
        let made = try ModelImporters.importer(for: source).load(source, Model.Options())
        return (made.module, made.files)
    }
}
