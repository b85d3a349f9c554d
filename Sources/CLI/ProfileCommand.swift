import ArgumentParser
import Foundation
import IR
import Inspect
import Passes
import Runtime

/// `tessera profile`
struct ProfileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Show where the time of a model's functions goes: node by node, kernel by kernel, block by block.",
        discussion: """
            Runs one function, or several after each other (an output feeds later inputs of its name), and gives the median time of \
            each node with the name that the checkpoint or the ONNX file has for it, its speed, and how far it is from what this machine \
            can do: 'of limit' is the least time that the measured peaks of products and memory allow, as a share of the node's time. \
            What lies in the caches may be faster than memory: above 100 %. One more run counts instructions, cache misses and \
            page faults where the kernel allows it.

            --trace writes the runs for Perfetto (ui.perfetto.dev) or chrome://tracing: one track of blocks in each other, one of nodes.
            'tessera bench' times functions as a whole; the timeline of a whole generation is 'tessera generate BUNDLE ... --timeline'.

            Examples:
              tessera profile fm.safetensors --function encode --random --bind tokens=196
              tessera profile fm.safetensors --function encode --random --precision int8 --sort limit --top 10
              tessera profile fm.safetensors --function decode_unmasked --function logits.tok_depth@224 --feed y=out --random
              tessera profile model.onnx --inputs in --trace trace.json
              tessera profile fm.safetensors --function encode --random --html encode.html
              tessera profile tok_rgb.safetensors --function tokenize --random --json
            """)

    @OptionGroup var model: ModelArgument

    @Option(
        help: ArgumentHelp("The function to run; several run one after the other. None for an ONNX model.", valueName: "name"))
    var function: [String] = []

    @OptionGroup var call: CallOptions

    @Option(
        help: ArgumentHelp("An input that takes an earlier function's output of another name; may be repeated.", valueName: "input=output"),
        transform: OptionValue.feed)
    var feed: [Feed] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Timed runs; default 10.", valueName: "n"), transform: OptionValue.whole(1...1000))
    var runs = 10

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Runs before them that do not count; default 2.", valueName: "n"),
        transform: OptionValue.whole(0...1000))
    var warmup = 2

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Most blocks and most nodes to list; default 20. JSON holds all.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var top: Int?

    @Option(
        help: ArgumentHelp(
            "Order of the nodes: time (slowest first), order (as they run), flops, bytes, limit (furthest above the least time first) or name.",
            valueName: "time|order|flops|bytes|limit|name"))
    var sort: RunProfile.Order?

    @Option(help: ArgumentHelp("Write the timed runs as a trace for Perfetto or chrome://tracing.", valueName: "file"))
    var trace: String?

    @Option(
        help: ArgumentHelp("Write a page for the browser that colours nodes by their time, as 'inspect --html' does.", valueName: "file"))
    var html: String?

    @Flag(help: "Print JSON: the whole, and every node, kernel, operator and block.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if json, let flag = [("--top", top != nil), ("--sort", sort != nil)].first(where: \.1)?.0 {
            throw ValidationError("\(flag) is for tables; --json holds every node in the order of the function")
        }
        if json, let trace, Output.isStandard(trace) { throw ValidationError("--json and --trace \(trace) both write to standard output") }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        try compute.policy.requireRanges()
        try FlagName.checkFile("--trace", trace)
        try FlagName.checkFile("--html", html)
        if model.isBundle {
            throw ValidationError(
                "\(model.model) is a bundle of several models; name one of them ('tessera inspect \(model.model)' lists them), or see a whole "
                    + "job with 'tessera generate \(model.model) ... --timeline'")
        }
        try call.requireChoice()
        let source = UnitSource(
            model: model, function: function, call: call, feed: feed, compute: compute, rules: rules, options: options)
        let unit = try source.make().unit
        let recorder = StepRecorder()
        let profile = try measured(unit, recorder)
        if let trace {
            try FlagName.named("--trace") { try TraceFile(recorder, profile).write(profile, to: trace) }
            Terminal.note("trace of \(profile.runs) run\(profile.runs == 1 ? "" : "s") written to \(trace); open it at ui.perfetto.dev")
        }
        if let html { try writePage(html, unit, profile) }
        if json { return try Output.writeJSON(profile) }
        Output.write(profile.text(top: top ?? 20, by: sort ?? .time, width: Terminal.outputWidth))
    }

    /// What ran, lowered, with its times.
    private func writePage(_ html: String, _ unit: BenchUnit, _ profile: RunProfile) throws {
        let module = unit.session.plan.module.keeping(functions: Set(profile.functions))
        var page = PageFile(path: html, title: model.model)
        page.metrics = NodeMetrics(seconds: NodeTimes(profile).secondsByName)
        try page.write(module, files: [], sizes: call.bind)
    }

    private func measured(_ unit: BenchUnit, _ recorder: StepRecorder) throws -> RunProfile {
        let before = MachinePeaks.measured()
        for _ in 0..<warmup { try unit.run() }
        recorder.listen(to: unit)
        for _ in 0..<runs { try recorder.run { try unit.run() } }
        // Reading counters takes time, so that this run is none of the timed ones.
        let (counters, counted) = (ThreadCounters(), StepRecorder())
        if !counters.isEmpty {
            counted.listen(to: unit)
            try counted.run(counting: counters) { try unit.run() }
        }
        let settings = RunProfile.Settings(
            precision: compute.policy.description, peaks: before.best(MachinePeaks.measured()), counterNotice: counters.refusal)
        return RunProfile(unit, recorder, counted: counters.isEmpty ? nil : counted, settings)
    }
}

extension RunProfile.Order: ExpressibleByArgument {}
