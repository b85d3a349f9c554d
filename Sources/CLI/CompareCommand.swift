import ArgumentParser
import Formats
import Foundation
import FourMModels
import Hub
import IR
import Importers
import Inspect
import Names
import ONNXSessions
import Passes
import Runtime

/// `tessera compare`
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Tell node by node how far a variant of a model is from another, and which node is the first.",
        discussion: """
            Both run one function on the same inputs; nodes of one name are held against each other by what they come to. error: the root of the \
            mean square of the differences by that of the first model's results; of integers, the share that differs.

            Without a second model the first is held against itself in --precision, or without rules (--disable). The first is f32 unless it is \
            compiled. Nodes of other names are held together where operator, type and place are the same.

            --reference holds the model against tensors that something else recorded, under the names of nodes; against evaluate, the \
            operators' own slow evaluation of the model as imported; or, for an ONNX model, against onnxruntime, whose Python package \
            must be there. --check ends with exit code 1 if a result of the function is further off than --tolerance.

            Examples:
              tessera compare fm.safetensors --precision int8 --function encode --random
              tessera compare fm.safetensors fm.tess --function encode --inputs in.npz --sort error --top 10
              tessera compare model.onnx --disable fuse-attention --inputs in
              tessera compare fm.safetensors --reference hooks.safetensors --function encode --inputs in.npz
              tessera compare fm.safetensors --reference evaluate --function encode --random --bind tokens=8
              tessera compare model.onnx --reference onnxruntime --random --check
              tessera compare fm.safetensors --precision int8 --function encode --random --html errors.html
            """)

    @Argument(help: ArgumentHelp("What is right: a checkpoint, an ONNX or a compiled model.", valueName: "model"))
    var model: String

    @Argument(help: ArgumentHelp("What is held against it; default: the same in --precision, or with --disable.", valueName: "other"))
    var other: String?

    @Option(
        help: ArgumentHelp(
            "What to hold the model against in place of another model: evaluate, onnxruntime, or tensors by names of nodes in a folder, .npz or "
                + ".safetensors file.",
            valueName: "evaluate|onnxruntime|folder"))
    var reference: String?

    @Option(help: ArgumentHelp("The function to run; an ONNX model has but one.", valueName: "name"))
    var function: String?

    @OptionGroup var call: CallOptions

    @Option(
        parsing: .unconditional, help: "The error from which a node counts as different; default 0.001.",
        transform: OptionValue.number())
    var tolerance: Double?

    @Option(help: "The order of nodes: in which they are computed, or largest error or longest time first.")
    var sort = Order.computed

    @Option(parsing: .unconditional, help: "Most nodes to list; default: 20, 0 for all.", transform: OptionValue.whole(0...1_000_000))
    var top: Int?

    @Flag(help: "End with exit code 1 if a result of the function is further off than --tolerance.")
    var check = false

    @Option(
        help: ArgumentHelp("Write a page for the browser that colours nodes by their error, as 'inspect --html' does.", valueName: "file"))
    var html: String?

    @Flag(help: "Print JSON: every node.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Order: String, ExpressibleByArgument, CaseIterable { case computed, error, time }

    struct Report: Encodable {
        let model, other, function: String
        let tolerance: Double
        let first: NodeComparison.Row?
        /// What the first node was made of by the pipelines.
        let madeOf: [String]
        /// Those of nodes that give what the function does, further off than the tolerance.
        let failed: [NodeComparison.Row]
        let nodes: [NodeComparison.Row]
        let unmatched: [String]
    }

    func validate() throws {
        try call.requireChoice()
        if let tolerance, !(tolerance >= 0) { throw ValidationError("--tolerance \(tolerance) must not be negative") }
        if reference != nil, other != nil { throw ValidationError("--reference stands in place of a second model; leave one of them out") }
        guard other == nil, reference == nil, compute.policy.isIdentity, rules.given == nil else { return }
        throw ValidationError("give a second model, a --precision or --disable to hold the first against, or a --reference")
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        try FlagName.checkFile("--html", html)
        let isAgainstItself = reference == nil
        let first = try Variant(
            model, function, isAgainstItself ? .f32 : compute.policy, isAgainstItself ? PassOptions() : options, call, refusing: nil)
        let name = first.function
        let given = try call.tensors(for: first.graph, of: first.imported).tensors
        let own = NodeTrace(first.stands)
        try first.run(given, call.binding, into: own)
        let others = try reference.map { try right($0, first, given) } ?? second(name, options, given)
        let comparison = NodeComparison(own, others, isSecondRight: reference != nil)
        guard !comparison.rows.isEmpty else {
            throw Refusal.content(
                "\(model) and \(reference ?? other ?? "the same") have no node in common: names of nodes, and shapes, must be the same")
        }
        let limit = tolerance ?? 0.001
        let report = Report(
            model: model, other: reference ?? other ?? model, function: name, tolerance: limit, first: comparison.firstDivergence(limit),
            madeOf: comparison.firstDivergence(limit).map { first.sources(of: $0.node) } ?? [],
            failed: comparison.rows.filter { $0.error > limit && first.results.contains($0.node) }, nodes: comparison.rows,
            unmatched: comparison.unmatched)
        if let html { try writePage(html, first, report) }
        if json { try Output.writeJSON(report) } else { show(report) }
        if check, !report.failed.isEmpty { throw ExitCode(Program.failure) }
    }

    /// The first variant, lowered, with errors and times.
    private func writePage(_ html: String, _ variant: Variant, _ report: Report) throws {
        var (errors, seconds): ([String: [String: Double]], [String: [String: Double]]) = ([:], [:])
        for row in report.nodes where row.result == 0 {
            errors[row.function, default: [:]][row.node] = row.error
            seconds[row.function, default: [:]][row.node] = row.milliseconds / 1e3
        }
        var page = PageFile(path: html, title: model)
        page.metrics = NodeMetrics(seconds: seconds, errors: errors)
        try page.write(variant.plan.module.keeping(functions: [variant.function]), files: [], sizes: call.bind)
    }

    /// What the other variant gives.
    private func second(_ name: String, _ options: PassOptions, _ given: [String: Tensor]) throws -> NodeTrace {
        let flag = compute.given.first ?? rules.given
        let variant = try Variant(other ?? model, name, compute.policy, options, call, refusing: flag)
        let trace = NodeTrace(variant.stands)
        try variant.run(given, call.binding, into: trace)
        return trace
    }

    /// What is right, by `--reference`.
    private func right(_ reference: String, _ variant: Variant, _ given: [String: Tensor]) throws -> NodeTrace {
        switch reference {
        case "evaluate":
            return try NodeTrace(evaluating: variant.imported, variant.function, given, binding: call.binding)
        case "onnxruntime":
            guard let onnx = ONNXModelFile.find(try ModelLocation.find(model).path) else {
                throw Refusal.usage("--reference onnxruntime is for ONNX models; \(model) is none")
            }
            return NodeTrace(recorded: try ONNXRuntimeReference.run(onnx, given))
        default: return NodeTrace(recorded: try FlagName.named("--reference") { try TensorFolder.read(reference) })
        }
    }

    private func show(_ report: Report) {
        var rows = report.nodes
        switch sort {
        case .computed: break
        case .error: rows.sort { ($0.error, $1.number) > ($1.error, $0.number) }
        case .time: rows.sort { ($0.otherMilliseconds, $1.number) > ($1.otherMilliseconds, $0.number) }
        }
        let most = top ?? 20
        let shown = most == 0 ? rows : Array(rows.prefix(most))
        func number(_ value: Double, _ format: String) -> String { value.isFinite ? String(format: format, value) : "inf" }
        let cells = shown.map { row in
            [
                ForeignText.clean(row.node), row.op == row.otherOp ? row.op : "\(row.op), \(row.otherOp)", row.type,
                number(row.error, "%.2e"),
                number(row.largest, "%.2e"), number(row.milliseconds, "%.3f"), number(row.otherMilliseconds, "%.3f"),
            ]
        }
        Output.table(["node", "operator", "type", "error", "largest", "ms", "other ms"], cells, right: [3, 4, 5, 6])
        if shown.count < rows.count { Output.line("… \(shown.count) of \(rows.count) nodes; --top 0 lists all") }
        let unmatched = report.unmatched.isEmpty ? "" : "; \(report.unmatched.count) have no counterpart"
        Output.line("\n\(rows.count) nodes of '\(report.function)' compared\(unmatched)")
        if let first = report.first {
            Output.line(
                "first above \(report.tolerance): \(ForeignText.clean(first.node)), \(first.op), error \(number(first.error, "%.3g"))")
            if report.madeOf.count > 1 { Output.line("it was made of \(report.madeOf.map(ForeignText.clean).joined(separator: ", "))") }
        } else {
            Output.line("none is above \(report.tolerance)")
        }
    }
}
