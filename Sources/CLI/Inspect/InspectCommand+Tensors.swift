import Formats
import FourMModels
import Hub
import IR
import Importers
import Inspect

/// Tensors without a model: files of arrays, and checkpoints of no known family.
extension InspectCommand {
    /// Whether the argument is a file or folder of arrays.
    var isOfTensors: Bool { TensorFile.isOne(model.model) }

    /// Prints what its values are like.
    /// - Throws: `TesseraError` for flags that are for models.
    func showTensors() throws {
        try requireTensorFlags("\(model.model) holds arrays, no model")
        try FlagName.checkFolder("--save", reports.save)
        let source = try TensorFile(model.model)
        let report = try withBar { progress in
            try FlagName.named("--node") {
                try TensorFileReport(
                    source, pattern: reports.pattern, order: reports.sort, top: reports.top, hasValues: reports.values, onProgress: progress
                )
            }
        }
        try show(report)
    }

    /// Prints what the tensors of a checkpoint are like that `error` says to be no model; nothing where it is another error, or one that tells
    /// people what their model lacks.
    /// - Returns: whether it is printed.
    func showLooseTensors(after error: any Error) throws -> Bool {
        guard let error = error as? ImportError, error.meansNoModel, model.stateKey == nil, model.part == .whole else { return false }
        let location = try ModelLocation.find(model.model)
        let checkpoint = try ModelLoader.checkpoint(location.path, config: model.config)
        guard !checkpoint.tensors.keys.contains(where: ImportError.isOfFamily) else { return false }
        try requireTensorFlags("\(model.model) holds tensors of no known family")
        let bytes = checkpoint.tensors.values.reduce(0) { $0 + Double($1.bytes?.count ?? 0) }
        let isSampled = !reports.weights && bytes > InspectCommand.readWhole
        let note =
            "no family was recognised: neither a 4M transformer (encoder_embeddings.*) nor a 4M tokenizer (quantize.*); these are its tensors"
            + (isSampled ? ", of each a sample of about a million numbers; --weights looks at all" : "")
        let report = try withBar { progress in
            try FlagName.named("--node") {
                try TensorFileReport(
                    path: model.model, note: note, file: checkpoint.files.first ?? location.path, tensors: checkpoint.tensors,
                    pattern: reports.pattern, order: reports.sort, top: reports.top, sampling: isSampled ? 1 << 20 : nil,
                    hasValues: reports.values, onProgress: progress)
            }
        }
        try show(report)
        return true
    }

    /// Bytes of a checkpoint that is read whole without being asked for.
    private static let readWhole = 2e9

    private func show(_ report: TensorFileReport) throws {
        var report = report
        if let folder = reports.save { try FlagName.named("--save") { try report.save(to: folder) } }
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(hasValues: reports.values, width: Terminal.outputWidth) { Terminal.styled($0, .bold) })
    }

    private func withBar<Made>(_ body: ((Double, String) throws -> Void) throws -> Made) throws -> Made {
        let bar = ProgressBar("reading tensors")
        defer { bar.finish() }
        return try body { done, name in
            try Task.checkCancellation()
            // What is read in an instant needs no bar.
            if done > 0, done < 1, Terminal.isInteractive { bar.update(done, title: nil, detail: name) }
        }
    }

    /// - Throws: `TesseraError` naming the first flag that is for models, after `reason`.
    private func requireTensorFlags(_ reason: String) throws {
        let kind = reports.kind.flatMap { [.weights, .node].contains($0) ? nil : $0.rawValue }
        let others = [
            ir ? "--ir" : nil, kind, page.given, function != nil ? "--function" : nil, givenStage != nil ? "--stage" : nil,
            bind.isEmpty ? nil : "--bind", inputs != nil ? "--inputs" : nil, verify ? "--verify" : nil, model.given, rules.given,
            compute.given.first,
        ]
        guard let flag = others.compactMap({ $0 }).first else { return }
        throw Refusal.usage("\(flag) is for models; \(reason)")
    }
}

extension ImportError {
    /// Whether it says that a checkpoint is no model, as far as one can tell.
    fileprivate var meansNoModel: Bool {
        switch self {
        case .missingConfiguration, .unknownFamily: true
        default: false
        }
    }

    /// Whether a tensor's name is that of a model whose configuration is missing.
    fileprivate static func isOfFamily(_ key: String) -> Bool {
        ["encoder_embeddings.", "decoder_embeddings.", "quantize."].contains { key.contains($0) }
    }
}
