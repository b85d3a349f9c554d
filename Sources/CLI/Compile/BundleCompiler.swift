import Files
import Formats
import Foundation
import FourM
import FourMModels
import IR

/// Compiles every model of a bundle into a folder, beside a `bundle.yaml` that names them.
struct BundleCompiler {
    let compiler: ModelCompiler
    let bundle: FourM.Bundle
    let folder: String

    /// - Throws: what compiling a part throws, with the part's name.
    func compile() throws -> [CompileReport.File] {
        try Folders.make(folder)
        var (made, names): ([CompileReport.File], [BundlePart: String]) = ([], [:])
        let bar = ProgressBar("compiling")
        let parts = bundle.parts.filter { $0.role != .adapters }
        for (index, part) in parts.enumerated() {
            bar.update(Double(index) / Double(parts.count), detail: part.title)
            let (name, file) = try write(part, taken: Set(names.values))
            names[part] = name
            if let file { made.append(file) }
        }
        bar.finish()
        try OutputFile.write(bundle.yaml(naming: names), to: place(of: "bundle.yaml"))
        return made
    }

    private func place(of name: String) -> String { (folder as NSString).appendingPathComponent(name) }

    /// Compiles a model, or copies a text tokenizer; gives its name in the folder.
    private func write(_ part: BundlePart, taken: Set<String>) throws -> (String, CompileReport.File?) {
        if part.role == .textTokenizer {
            let source = try bundle.textTokenizerPath() ?? bundle.resolve(part.source)
            let name = (source as NSString).lastPathComponent
            try OutputFile.write(InputFile.text(source, limit: 64 << 20), to: place(of: name))
            return (name, nil)
        }
        let path = try bundle.resolve(part.source)
        let adapters = part.role == .model ? try bundle.adapters() : []
        guard case .imported(let module) = try ModelLoader.read(path, lora: adapters) else {
            throw Refusal.usage("\(part.title) is compiled already (\(path)); give the bundle of its checkpoint")
        }
        let name = BundleCompiler.name(for: module.name, taken)
        let files = try ModelLoader.checkpoint(path, lora: adapters).files
        return (name, try compiler.compile(module, files: files, to: place(of: name)))
    }

    private static func name(for model: String, _ taken: Set<String>) -> String {
        let plain = model.split(separator: "/").last.map { String($0) } ?? "model"
        let candidates = ["\(plain).tess"] + (2..<100).map { "\(plain)-\($0).tess" }
        return candidates.first { !taken.contains($0) } ?? "\(plain)-\(taken.count).tess"
    }
}
