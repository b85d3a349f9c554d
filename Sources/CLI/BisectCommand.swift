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
            which is given the model after N rewrites as text of the IR that runs as it stands: at the clean stage as far as the clean pipeline \
            and that of the precision go, at the lowered stage beyond. Lowering is left out if the command fails for lowered text as such.

            With --precision the rewrites that round layers count too: the first is named with which the error passes the tolerance. \
            'tessera compare' ranks layers by what each loses.

            Exit code 0 whether there is one or not; 1 if the model fails the check without any rewrite.

            Examples:
              tessera bisect fm.safetensors --function encode
              tessera bisect model.onnx --inputs in --reference right.npz --tolerance 1e-4
              tessera bisect fm.safetensors --function encode --precision int8 --tolerance 0.05
              tessera bisect model.onnx --check 'tessera run {} --inputs in --outputs out && python3 check.py out'
            """)

    @OptionGroup var check: CheckOptions

    @Flag(help: "Print JSON.")
    var json = false

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
        let subject = try check.subject()
        let search = try RewriteSearch(subject.module, subject.options, precision: check.compute.policy)
        let report =
            try check.command(subject).map { try ask($0, search, subject) } ?? check.results(subject).map { try hold($0, search, subject) }
        guard let report else { throw Refusal.usage("--function \(subject.function): no such function") }
        if json { try Output.writeJSON(report) } else { show(report) }
    }

    /// By what a command says of texts.
    private func ask(_ shell: ShellCheck, _ search: RewriteSearch, _ subject: CheckOptions.Subject) throws -> Report {
        let found = try asking(search) { ask in
            try search.first { count, module in try ask(count) { try shell.isGood(module) } }
        }
        if !found.seesLowering {
            Terminal.note(
                "the command fails for text of the lowered stage, whatever is rewritten there: the rewrites of lowering were left out")
        }
        return Report(
            model: check.model.model, function: subject.function, rewrites: search.total, tolerance: nil, check: shell.command, error: nil,
            culprit: found.culprit)
    }

    /// By results.
    private func hold(_ results: ToleranceCheck, _ search: RewriteSearch, _ subject: CheckOptions.Subject) throws -> Report {
        let right = try results.right(subject.module)
        var errors: [Int: Double] = [:]
        var culprit = try asking(search) { ask in
            try search.first { count in
                try ask(count) {
                    let error = try results.error(subject.module, right, after: count)
                    errors[count] = error
                    return error <= check.limit
                }
            }
        }
        if let number = culprit?.number {
            culprit?.errorBefore = try errors[number - 1] ?? results.error(subject.module, right, after: number - 1)
            culprit?.errorAfter = errors[number]
        }
        return Report(
            model: check.model.model, function: subject.function, rewrites: search.total, tolerance: check.limit, check: nil,
            error: errors[search.total], culprit: culprit)
    }

    /// `search`, which asks each question through what it is given, with its progress.
    private func asking<Found>(
        _ search: RewriteSearch, _ find: (_ ask: (Int, () throws -> Bool) throws -> Bool) throws -> Found
    ) rethrows -> Found {
        let bar = ProgressBar("bisecting \(search.total) rewrites")
        defer { bar.finish() }
        var asked = 0
        return try find { count, isGood in
            let good = try isGood()
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
