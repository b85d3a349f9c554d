import ArgumentParser
import FourMModels
import IR
import Inspect
import Names
import Passes

/// `tessera bisect`
struct BisectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bisect",
        abstract: "Find the rewrite that makes a model fail a check: the rule, the node, and the number for --stop-after.",
        discussion: """
            Compiles the model with the first N rewrites of its pipelines for ever better chosen N, about as often as their number has binary \
            digits. Good is what gives the results of the reference within --tolerance; or, with --check, what a command ends with 0 for, \
            which is given the model after N rewrites of the clean pipeline and that of the precision, as text of the IR that runs as it stands.

            With --precision the rewrites that round layers count too: the first is named with which the error passes the tolerance. \
            'tessera compare' ranks layers by what each loses.

            Exit code 0 whether there is one or not; 1 if the model fails the check without any rewrite.

            Examples:
              tessera bisect fm.safetensors --function encode
              tessera bisect model.onnx --inputs in --reference right.npz --tolerance 1e-4
              tessera bisect fm.safetensors --function encode --precision int8 --tolerance 0.05
              tessera bisect model.onnx --check 'tessera run {} --inputs in --outputs out && python3 check.py out'
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to check; an ONNX model has but one.", valueName: "name"))
    var function: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var check: CheckOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let model, function: String
        let rewrites: Int
        let tolerance: Double?
        let check: String?
        /// Error of the results with all rewrites.
        let error: Double?
        let culprit: RewriteSearch.Culprit?
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        let opened = try model.open(check.bind, inputs: check.inputs)
        if opened.artifact != nil { throw Refusal.usage("\(model.model) is compiled, all rewrites done; give the checkpoint") }
        let name = try opened.module.soleFunction(function)
        let module = try opened.module.selecting([name])
        try compute.policy.requireRanges()
        try compute.policy.requireFits([module])
        let report = try check.check.map { try byCommand($0, opened, module, name, options) } ?? byResults(module, name, options)
        if json { try Output.writeJSON(report) } else { show(report) }
    }

    private func byCommand(_ command: String, _ opened: OpenModel, _ module: Module, _ name: String, _ options: PassOptions) throws
        -> Report
    {
        let search = try RewriteSearch(module, options, precision: compute.policy, to: .clean)
        let shell = try ShellCheck(command, opened.sources)
        let culprit = try asking(search) { try shell.isGood(search.module(after: $0)) }
        return Report(
            model: model.model, function: name, rewrites: search.total, tolerance: nil, check: command, error: nil, culprit: culprit)
    }

    private func byResults(_ module: Module, _ name: String, _ options: PassOptions) throws -> Report {
        let search = try RewriteSearch(module, options, precision: compute.policy)
        let results = try check.results(name, module, options, compute.policy)
        let right = try results.right(module)
        var errors: [Int: Double] = [:]
        var culprit = try asking(search) { count in
            let error = try results.error(module, right, after: count)
            errors[count] = error
            return error <= check.limit
        }
        if let number = culprit?.number {
            culprit?.errorBefore = try errors[number - 1] ?? results.error(module, right, after: number - 1)
            culprit?.errorAfter = errors[number]
        }
        return Report(
            model: model.model, function: name, rewrites: search.total, tolerance: check.limit, check: nil, error: errors[search.total],
            culprit: culprit)
    }

    private func asking(_ search: RewriteSearch, _ isGood: (Int) throws -> Bool) throws -> RewriteSearch.Culprit? {
        let bar = ProgressBar("bisecting \(search.total) rewrites")
        defer { bar.finish() }
        var asked = 0
        return try search.first { count in
            let good = try isGood(count)
            asked += 1
            bar.update(min(Double(asked) / Double(search.questions), 1), title: nil)
            if global.verbose { Terminal.note("after \(count): \(good ? "good" : "bad")") }
            return good
        }
    }

    private func show(_ report: Report) {
        let error = report.error.map { "; error with all of them " + NodeComparison.number($0) } ?? ""
        guard let culprit = report.culprit else {
            return Output.line("'\(report.function)' passes the check after all \(report.rewrites) rewrites\(error)")
        }
        Output.line("rewrite \(culprit.number) of \(culprit.total) is the first that fails the check\(error)\n")
        var rows = [["rule", "\(culprit.rule) (\(culprit.promise)): \(culprit.documentation)"], ["step", culprit.step]]
        rows.append(["function", ForeignText.clean(culprit.function)])
        if !culprit.node.isEmpty { rows.append(["node", ForeignText.clean(culprit.node)]) }
        if let before = culprit.errorBefore, let after = culprit.errorAfter {
            rows.append(["error", "\(NodeComparison.number(before)) before, \(NodeComparison.number(after)) with it"])
        }
        Output.table([], rows)
        Output.line("\n--disable \(culprit.rule) leaves the rule out; --stop-after \(culprit.number - 1) stops before it")
    }
}
