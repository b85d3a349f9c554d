import Calibration
import Compilation
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
        let paths = try paths()
        try requireOwnFolder()
        let calls = try calibration.map { try Rehearsal(data: $0).calls(of: bundle, superResolves: keep.isEmpty) } ?? [:]
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

    /// nil where all stays.
    private func paths() throws -> KeptPaths? {
        keep.isEmpty ? nil : try KeptPaths(keep, known: Array(LoadedBundle(bundle).modalities().values))
    }

    /// What of the bundle no kept path needs, in words.
    var leftOut: [String] {
        get throws {
            let paths = try paths()
            return bundle.parts.filter { $0.role != .adapters && !BundleCompiler.isNeeded($0, paths) }.map(\.title)
        }
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
            let whole = artifact.packed.module
            let kept =
                try paths.map { try part.role == .model ? $0.narrowed(whole) : $0.narrowed(whole, BundleCompiler.half(part, $0)) } ?? whole
            let name = BundleCompiler.name(for: whole.name, taken)
            return (name, try compiler.repack(artifact, keeping: kept, to: place(of: name)))
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
        // Those that treat each place alone may have no halves.
        do { return try FourMImporter.importModel(checkpoint, part: half(part, paths)) } catch ImportError.noHalves {
            return try FourMImporter.importModel(checkpoint)
        }
    }

    /// Of a tokenizer.
    private static func half(_ part: BundlePart, _ paths: KeptPaths) -> TokenizerPart {
        part.role == .previewDecoder ? .decoder : paths.half(of: part.modality ?? "") ?? .whole
    }

    private static func name(for model: String, _ taken: Set<String>) -> String {
        let plain = model.split(separator: "/").last.map { String($0) } ?? "model"
        let candidates = ["\(plain).tess"] + (2..<100).map { "\(plain)-\($0).tess" }
        return candidates.first { !taken.contains($0) } ?? "\(plain)-\(taken.count).tess"
    }
}
