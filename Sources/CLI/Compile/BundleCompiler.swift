import Calibration
import Files
import Formats
import Foundation
import FourM
import FourMModels
import IR
import Importers

/// Compiles every model of a bundle into a folder, beside a `bundle.yaml` that names them; those that are compiled already are packed again.
struct BundleCompiler {
    let compiler: ModelCompiler
    let bundle: FourM.Bundle
    let folder: String
    /// Paths that shall stay (``KeptPaths``); all without any.
    let keep: [String]
    /// What weights are rounded for; nil rounds to the nearest.
    var calibration: CalibrationData?
    /// Told of each file before it is made; nil for files that stay.
    var scratch: OutputGroup?

    /// - Throws: what compiling a part throws, with the part's name.
    func compile() throws -> [CompileReport.File] {
        if let part = try bundle.compiledParts.first, !keep.isEmpty {
            throw Refusal.usage(
                "--keep chooses what of a checkpoint is imported; \(part.title) of \(bundle.folder.path) is compiled already: give the bundle of "
                    + "its checkpoint")
        }
        let paths = keep.isEmpty ? nil : try KeptPaths(keep, known: Array(LoadedBundle(bundle).modalities().values))
        try requireOwnFolder()
        let calls = try calibration.map { try $0.calls(of: bundle) } ?? [:]
        try Folders.make(folder)
        var (made, names): ([CompileReport.File], [BundlePart: String]) = ([], [:])
        let bar = ProgressBar("compiling")
        let parts = bundle.parts.filter { BundleCompiler.isNeeded($0, paths) }
        for (index, part) in parts.enumerated() {
            bar.update(Double(index) / Double(parts.count), detail: part.title)
            let (name, file) = try write(part, paths, calls[part.source] ?? [], taken: Set(names.values))
            names[part] = name
            if let file { made.append(file) }
        }
        bar.finish()
        try OutputFile.write(bundle.yaml(naming: names), to: place(of: "bundle.yaml"))
        return made
    }

    /// - Throws: `TesseraError` if the folder holds a bundle of other models: its `bundle.yaml` would be replaced.
    private func requireOwnFolder() throws {
        guard FileManager.default.fileExists(atPath: FilePath.join(folder, "bundle.yaml")) else { return }
        let model = try? FourM.Bundle(path: folder).sources.model
        guard model?.hasSuffix(".tess") != true else { return }
        throw Refusal.usage("--output \(folder) holds a bundle of models that are not compiled; give another folder")
    }

    private static func isNeeded(_ part: BundlePart, _ paths: KeptPaths?) -> Bool {
        if part.role == .adapters { return false }
        guard let paths else { return true }
        switch part.role {
        case .tokenizer: return paths.half(of: part.modality ?? "") != nil
        case .previewDecoder: return [.whole, .decoder].contains(paths.half(of: part.modality ?? ""))
        case .superResolution: return false
        default: return true
        }
    }

    private func place(of name: String) -> String {
        let path = (folder as NSString).appendingPathComponent(name)
        scratch?.willMake(path)
        return path
    }

    /// Compiles a model or packs it again, or copies a text tokenizer; gives its name in the folder.
    private func write(
        _ part: BundlePart, _ paths: KeptPaths?, _ calls: [CallRecorder.Call], taken: Set<String>
    ) throws -> (String, CompileReport.File?) {
        if part.role == .textTokenizer { return (try copyText(part), nil) }
        let path = try bundle.resolve(part.source)
        let adapters = part.role == .model ? try bundle.adapters() : []
        if CompiledPlace(path) != nil, let artifact = try bundle.read(part.source, lora: adapters).artifact {
            let name = BundleCompiler.name(for: artifact.packed.module.name, taken)
            return (name, try compiler.repack(artifact, keeping: [], to: place(of: name)))
        }
        let checkpoint = try ModelLoader.checkpoint(path, lora: adapters)
        let whole = try FourMImporter.importModel(checkpoint)
        let kept = try paths.map { try BundleCompiler.kept(part, checkpoint, $0) } ?? whole
        let name = BundleCompiler.name(for: whole.name, taken)
        return (name, try compiler.compile(kept, of: whole, files: checkpoint.files, calls: calls, to: place(of: name)))
    }

    /// Copies the text tokenizer; gives its name.
    private func copyText(_ part: BundlePart) throws -> String {
        let source = try bundle.textTokenizerPath() ?? bundle.resolve(part.source)
        let name = (source as NSString).lastPathComponent
        if let stored = try bundle.archive?.contents(part.source) {
            try OutputFile.write(stored.buffer, to: place(of: name))
        } else {
            try OutputFile.write(InputFile.text(source, limit: 64 << 20), to: place(of: name))
        }
        return name
    }

    private static func kept(_ part: BundlePart, _ checkpoint: Checkpoint, _ paths: KeptPaths) throws -> Module {
        if part.role == .model { return try FourMImporter.importModel(checkpoint, scope: paths.scope) }
        let half = part.role == .previewDecoder ? .decoder : paths.half(of: part.modality ?? "") ?? .whole
        // Those that treat each place alone may have no halves.
        do { return try FourMImporter.importModel(checkpoint, part: half) } catch ImportError.noHalves {
            return try FourMImporter.importModel(checkpoint)
        }
    }

    private static func name(for model: String, _ taken: Set<String>) -> String {
        let plain = model.split(separator: "/").last.map { String($0) } ?? "model"
        let candidates = ["\(plain).tess"] + (2..<100).map { "\(plain)-\($0).tess" }
        return candidates.first { !taken.contains($0) } ?? "\(plain)-\(taken.count).tess"
    }
}
