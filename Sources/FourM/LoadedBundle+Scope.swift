import Foundation
import FourMModels
import FourMSettings
import Importers

extension Bundle {
    /// Whether `path` is a bundle: a folder with a `bundle.yaml`, or such a file.
    package static func isBundle(_ path: String) -> Bool {
        path.hasSuffix(".yaml") || FileManager.default.fileExists(atPath: path + "/bundle.yaml")
    }

    /// A single model without tokenizers: a checkpoint file, shard index or folder.
    package init(model path: String) {
        let url = URL(fileURLWithPath: path)
        folder = url.deletingLastPathComponent()
        name = url.deletingPathExtension().lastPathComponent
        sources.model = url.path
    }
}

extension LoadedBundle {
    /// The part of the 4M transformer that `scope` names, compiled anew; ``model()`` keeps the whole one.
    /// - Throws: `ImportError` naming modalities that the model lacks.
    package func model(_ scope: ImportScope) throws -> FourMModel {
        let path = try modelPath()
        onLoad?("model")
        return try FourMModel(ModelLoader.plan(path, scope: scope, lora: bundle.adapters(), precision: precision), threads: threads)
    }

    /// What the model takes, by name. Nothing is compiled.
    package func inputModalities() throws -> [ModelModality] {
        let module = try ModelLoader.imported(modelPath(), scope: .encoder(), lora: bundle.adapters())
        return try ModelModality.read(module).values.filter(\.isInput).sorted { $0.name < $1.name }
    }

    /// The modality of photos: `rgb@224` where the model has it, or the first that it takes as pixels.
    /// - Throws: ``FourMError`` for a model that takes no pixels.
    package func photoModality() throws -> String {
        let known = try inputModalities()
        let pixels = known.filter { $0.kind == .pixels }.map(\.name)
        if let photo = pixels.first(where: { $0 == "rgb@224" }) ?? pixels.first { return photo }
        throw FourMError("the model takes no photos; it takes: \(known.map(\.name).joined(separator: ", "))", .request)
    }

    /// Name and size of the model's files, its adapters and the precision, which tell one model from another.
    package func modelIdentity() throws -> String {
        let path = try modelPath()
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        let files = names.isEmpty ? [path] : names.map { (path as NSString).appendingPathComponent($0) }
        let bytes = files.reduce(0) { $0 + LoadedBundle.size($1) }
        let adapters = try bundle.adapters().map { ", \(($0.path as NSString).lastPathComponent):\($0.scale)" }.joined()
        let rounded = precision == .f32 ? "" : ", \(precision.rawValue)"
        return "\((path as NSString).lastPathComponent), \(bytes) bytes" + adapters + rounded
    }

    /// Bytes of the file at `path` or behind a link there.
    private static func size(_ path: String) -> Int {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: target)[.size] as? NSNumber)?.intValue ?? 0
    }

    private func modelPath() throws -> String {
        guard let path = bundle.sources.model else { throw BundleError("bundle '\(bundle.name)' names no model") }
        return try bundle.resolve(path)
    }
}
