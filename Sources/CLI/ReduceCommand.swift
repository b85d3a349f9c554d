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

            It fails when the results of the compiled part are further from the reference than --tolerance (--reference evaluate: from the \
            operators' own evaluation); or, with --check, when a command ends with another exit code than 0, which is given the part as text \
            of the IR. A part gets the values that it gets in a run of the whole on --inputs, or on random inputs; where sizes shrank, random \
            ones. If it fails on the former alone, they are written beside it.

            Examples:
              tessera reduce model.onnx --reference evaluate -o case.ir
              tessera reduce fm.safetensors --function encode --precision int8 --tolerance 0.2 -o case.ir
              tessera reduce fm.safetensors --function encode --check 'tessera run {} --random --outputs out' -o case.ir
            """)

    @OptionGroup var check: CheckOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the text.", valueName: "file"))
    var output: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let model, function, output: String
        /// A second file, with constants too large for a text.
        let constants: String?
        /// A file with inputs, where it does not fail on random ones.
        let inputs: String?
        let nodesBefore, nodes, parameters, checks: Int
        let error: Double?
        let operators: [String]
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let subject = try check.subject()
        let fault = try Fault(check, subject)
        var reducer = Reducer { try fault.shows(in: $0) }
        var phase = ""
        reducer.onProgress = { what, nodes in
            if Terminal.isInteractive { return Terminal.redraw("\(what): \(nodes) nodes left") }
            if what != phase { Terminal.note("\(what): \(nodes) nodes left") }
            phase = what
        }
        let made = try reducer.reduce(subject.module, function: subject.function)
        if Terminal.isInteractive { Terminal.redraw(nil) }
        let report = try write(made, fault, subject, checks: reducer.checks)
        if json { try Output.writeJSON(report) } else { show(report) }
    }

    private func write(_ made: SubGraph.Part, _ fault: Fault, _ subject: CheckOptions.Subject, checks: Int) throws -> Report {
        let constants = try IRTextWriter.write(made.module, to: output, from: subject.sources, inlining: IRTextWriter.largestInline)
        let needed = try fault.neededInputs(of: made)
        let inputs = needed.map { _ in output + ".inputs.safetensors" }
        if let needed, let inputs { try SafeTensorsWriter.write(needed, to: inputs) }
        let graph = made.module.function(subject.function)
        return Report(
            model: check.model.model, function: subject.function, output: output, constants: constants, inputs: inputs,
            nodesBefore: subject.module.function(subject.function)?.nodeCount ?? 0, nodes: graph?.nodeCount ?? 0,
            parameters: made.module.parameterCount, checks: checks, error: try fault.error(of: made),
            operators: graph?.nodes.map { "\($0.opName) '\($0.name)'" } ?? [])
    }

    /// What fails: results beyond the tolerance, or a command.
    private struct Fault {
        private let command: ShellCheck?
        private let results: (check: ToleranceCheck, values: RunValues)?
        private let limit: Double

        init(_ check: CheckOptions, _ subject: CheckOptions.Subject) throws {
            limit = check.limit
            command = try check.command(subject)
            results = try check.results(subject).map { ($0, try $0.values(subject.module)) }
        }

        func shows(in part: SubGraph.Part) throws -> Bool {
            if let command { return try !command.isGood(part.module) }
            return try (error(of: part) ?? 0) > limit
        }

        /// nil where a command is asked.
        func error(of part: SubGraph.Part) throws -> Double? { try results.map { try $0.check.error(of: part, in: $0.values) } }

        /// Inputs without which the part does not fail; nil where random ones serve as well.
        func neededInputs(of part: SubGraph.Part) throws -> [String: Tensor]? {
            guard let (check, values) = results else { return nil }
            if let error = try? check.onRandomInputs.error(of: part.module), error > limit { return nil }
            return try check.inputs(of: part, in: values)
        }
    }

    private func show(_ report: Report) {
        let error = report.error.map { ", error \(NodeComparison.number($0))" } ?? ""
        Output.line("\(report.nodesBefore) nodes became \(report.nodes) in \(report.checks) checks; they still fail\(error)\n")
        for line in report.operators.prefix(20) { Output.line("  \(line)") }
        if report.operators.count > 20 { Output.line("  … \(report.operators.count - 20) more") }
        let second = report.constants.map { " and \($0)" } ?? ""
        Output.line("\n\(report.output)\(second), \(Human.exact(report.parameters)) numbers in constants")
        if let inputs = report.inputs { Output.line("\(inputs) holds inputs that it fails on; random ones do not show it") }
    }
}
