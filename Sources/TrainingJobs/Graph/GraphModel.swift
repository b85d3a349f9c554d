import Exporters
import Files
import Formats
import IR
import Importers
import Inspect

/// A model that is trained as a graph, in the format that it came in and goes out in.
package struct GraphModel: Sendable {
    enum Format: Sendable {
        /// With the version of the operator set that it was in.
        case onnx(opset: Int)
        case irText
    }

    /// As the user gave it.
    let path: String
    let module: Module
    let format: Format
    /// Constants that are weights: of ONNX models all but results of `Constant` nodes and what normalisations keep count in; of text all.
    let weights: Set<String>

    /// - Throws: ``WorkError`` for what is neither ONNX nor text of the IR; `ONNXImportError`, `CheckpointError`.
    package init(_ path: String) throws {
        self.path = path
        if let file = ONNXModelFile.find(path) {
            let source = try ONNXModel(path: file)
            module = try ONNXImporter.importModel(source)
            format = .onnx(opset: source.opsets[""] ?? 1)
            weights = Set(module.constants.keys).subtracting(GraphModel.fixed(source.graph))
        } else if IRTextFile.isIRText(path) {
            module = try IRTextFile.read(path)
            guard module.stage != .lowered else {
                throw WorkError("\(path) is lowered, made ready for kernels; train the module that it was made of", .content)
            }
            format = .irText
            weights = Set(module.constants.keys)
        } else {
            throw WorkError(
                "\(path) is neither an ONNX model nor text of the IR; 4M models and tokenizers are trained by 'tessera train fm', 'vqvae' "
                    + "and 'divae', and 'tessera opt MODEL -o FILE.ir' makes text of the IR of any checkpoint", .content)
        }
    }

    /// What is no weight: numbers that nodes hold, running means and variances.
    private static func fixed(_ graph: ONNXGraph) -> Set<String> {
        graph.nodes.filter(\.domain.isEmpty).reduce(into: []) { fixed, node in
            switch node.opType {
            case "Constant": fixed.formUnion(node.outputs)
            case "BatchNormalization": fixed.formUnion(node.inputs.dropFirst(3))
            default: break
            }
        }
    }

    /// Name of its file without suffix.
    var name: String {
        let name = FilePath.name(of: path)
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name.isEmpty ? "model" : name }
        return String(name[..<dot])
    }

    /// The only function, or `wanted`.
    /// - Throws: ``WorkError`` listing the functions.
    func function(_ wanted: String?) throws -> String {
        let known = module.entryPoints.map(\.name)
        guard let name = wanted ?? (known.count == 1 ? known.first : nil) else {
            throw WorkError("\(path) has several functions; name one: \(known.joined(separator: ", "))")
        }
        guard known.contains(name) else { throw WorkError("\(path) has no function '\(name)'; it has: \(known.joined(separator: ", "))") }
        return name
    }

    /// Writes `trained`, this model with other weights, into `folder`.
    /// - Parameters:
    ///   - suffix: behind the name of the file, such as `.average`.
    ///   - function: the one that was trained.
    /// - Throws: `ONNXExportError`, `CheckpointError`, `OutputError`.
    func write(_ trained: Module, function: String, to folder: String, suffix: String = "") throws {
        let names = Set(module.functions.map(\.name))
        switch format {
        case .onnx(let opset):
            let known = ONNXExporter.opsets
            let written = min(max(opset, known.lowerBound), known.upperBound)
            let made = try ONNXExporter.export(trained.keeping(functions: [function]), function: function, opset: written)
            try ONNXWriter.write(made, to: FilePath.join(folder, "\(name)\(suffix).onnx"), externalData: false)
        case .irText:
            try IRTextWriter.write(trained.keeping(functions: names), to: FilePath.join(folder, "\(name)\(suffix).ir"))
        }
    }
}
