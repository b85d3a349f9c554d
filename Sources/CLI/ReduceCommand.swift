import ArgumentParser
import Formats
import FourMModels
import IR
import Inspect
import Passes

/// `tessera reduce`
struct ReduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reduce",
        abstract: "Cut a model that fails a check down to the smallest part that still fails, as text that a report can carry.",
        discussion: """
            Takes the end and the start of the function away by halves, then runs of nodes, as long as what is left still fails; then makes \
            fixed sizes smaller, weights with them. What the nodes that are left read becomes an input.

            It fails when the results of the compiled part are further from the reference than --tolerance, on random inputs (--reference \
            evaluate: from the operators' own evaluation); or, with --check, when a command ends with another exit code than 0, which is given \
            the part as text of the IR.

            Examples:
              tessera reduce model.onnx --reference evaluate -o case.ir
              tessera reduce fm.safetensors --function encode --precision int8 --tolerance 0.2 -o case.ir
              tessera reduce fm.safetensors --function encode --check 'tessera run {} --random --outputs out' -o case.ir
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to reduce; an ONNX model has but one.", valueName: "name"))
    var function: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the text.", valueName: "file"))
    var output: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var check: CheckOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let model, function, output: String
        /// A second file, with constants too large for a text.
        let constants: String?
        let nodesBefore, nodes, parameters, checks: Int
        let error: Double?
        let operators: [String]
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let options = try rules.options(compute.policy)
        let opened = try model.open(check.bind, inputs: check.inputs)
        if opened.artifact != nil { throw Refusal.usage("\(model.model) is compiled; give the checkpoint") }
        let name = try opened.module.soleFunction(function)
        let module = try opened.module.selecting([name])
        try compute.policy.requireRanges()
        let results = try check.check == nil ? check.results(name, module, options, compute.policy) : nil
        let shell = try check.check.map { try ShellCheck($0, opened.sources) }
        let limit = check.limit
        var reducer = Reducer { candidate in
            if let shell { return try !shell.isGood(candidate) }
            return try (results?.error(of: candidate) ?? 0) > limit
        }
        var phase = ""
        reducer.onProgress = { what, nodes in
            if Terminal.isInteractive { return Terminal.redraw("\(what): \(nodes) nodes left") }
            if what != phase { Terminal.note("\(what): \(nodes) nodes left") }
            phase = what
        }
        let made = try reducer.reduce(module, function: name)
        if Terminal.isInteractive { Terminal.redraw(nil) }
        let constants = try IRTextWriter.write(made, to: output, from: opened.sources, inlining: IRTextWriter.largestInline)
        let graph = made.function(name)
        let report = Report(
            model: model.model, function: name, output: output, constants: constants, nodesBefore: module.function(name)?.nodeCount ?? 0,
            nodes: graph?.nodeCount ?? 0, parameters: made.parameterCount, checks: reducer.checks, error: try results?.error(of: made),
            operators: graph?.nodes.map { "\($0.opName) '\($0.name)'" } ?? [])
        if json { try Output.writeJSON(report) } else { show(report) }
    }

    private func show(_ report: Report) {
        let error = report.error.map { ", error \(NodeComparison.number($0))" } ?? ""
        Output.line("\(report.nodesBefore) nodes became \(report.nodes) in \(report.checks) checks; they still fail\(error)\n")
        for line in report.operators.prefix(20) { Output.line("  \(line)") }
        if report.operators.count > 20 { Output.line("  … \(report.operators.count - 20) more") }
        let second = report.constants.map { " and \($0)" } ?? ""
        Output.line("\n\(report.output)\(second), \(Human.exact(report.parameters)) numbers in constants")
    }
}
