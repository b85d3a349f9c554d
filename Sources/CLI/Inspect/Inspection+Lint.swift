import Formats
import IR
import Inspect

extension Inspection {
    /// `--lint` of a module that is no ONNX file.
    func showLint(_ module: Module) throws {
        try Inspection.showLint(json: json) { try LintReport(module, readsNumbers: true, onProgress: $0) }
    }

    /// `--lint`; `make` is given what to tell of its progress.
    static func showLint(json: Bool, _ make: ((Double, String) throws -> Void) throws -> LintReport) throws {
        let bar = ProgressBar("reading weights")
        defer { bar.finish() }
        let report = try make { done, key in
            try Task.checkCancellation()
            // Models that are read in an instant need no bar.
            if done > 0, done < 1, Terminal.isInteractive { bar.update(done, title: nil, detail: key) }
        }
        bar.finish()
        if json { return try Output.writeJSON(report) }
        Output.write(report.text(width: Terminal.outputWidth) { Terminal.styled($0, .bold) })
    }
}

extension InspectCommand {
    /// `--lint` of an ONNX file, which need not be one that can be imported.
    /// - Returns: whether the argument is one.
    func showLintOfONNX() throws -> Bool {
        guard reports.lint, !model.isBundle, let file = try model.onnxFile() else { return false }
        let source = try ONNXModel(path: file)
        var warnings: [String] = []
        do {
            if case .strings(let texts)? = try model.open(bind, inputs: inputs).module.metadata[.warnings] { warnings = texts }
        } catch {
            warnings = ["it cannot be imported: " + Refusal.text(of: error)]
        }
        try Inspection.showLint(json: json) { try LintReport(source, warnings: warnings, readsNumbers: true, onProgress: $0) }
        return true
    }

    /// What the summary tells of it.
    func lintNotes(of imported: Module) throws -> [String] {
        if let file = try model.onnxFile() { return try LintReport(ONNXModel(path: file)).notes }
        return try LintReport(imported).notes
    }
}
