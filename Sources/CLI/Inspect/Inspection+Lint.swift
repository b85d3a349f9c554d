import Formats
import IR
import Inspect
import ONNXSessions
import Tessera

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
    /// - Throws: `TesseraError` for flags that choose a part or a stage of it, and for inputs that cannot be read.
    func showLintOfONNX() throws -> Bool {
        guard reports.lint, !model.isBundle, let file = try model.onnxFile() else { return false }
        if let flag = function != nil ? "--function" : givenStage != nil ? "--stage" : nil {
            throw Refusal.usage("\(flag): --lint looks at all of an ONNX file, as it is; leave it out")
        }
        let source = try ONNXModel(path: file)
        // What is wrong with them is no fault of the model.
        if let inputs { _ = try ONNXInputs(session: ONNXSession(source)).read(inputs) }
        let warnings = try importWarnings
        try Inspection.showLint(json: json) { try LintReport(source, warnings: warnings, readsNumbers: true, onProgress: $0) }
        return true
    }

    /// What the importer warns of, or that the file cannot be imported.
    private var importWarnings: [String] {
        get throws {
            do {
                guard case .strings(let texts)? = try model.open(bind, inputs: inputs).module.metadata[.warnings] else { return [] }
                return texts
            } catch let error where ONNXFileReport.isOfTheFile(error) || error is TesseraError && bind.isEmpty && inputs == nil {
                // Without sizes and inputs, those that the model cannot do without are all that is refused.
                return ["it cannot be imported: " + Refusal.text(of: error)]
            }
        }
    }

    /// What the summary tells of it.
    func lintNotes(of imported: Module) throws -> [String] {
        if let file = try model.onnxFile() { return try LintReport(ONNXModel(path: file)).notes }
        return try LintReport(imported).notes
    }
}
