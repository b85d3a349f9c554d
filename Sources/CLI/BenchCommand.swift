import ArgumentParser
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import Passes
import Runtime

/// `tessera bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time functions of a model.",
        discussion: """
            Runs one function, or several after each other (an output feeds later inputs of its name), and reports the median. Inputs \
            are random unless --inputs gives them. The last line of --json is one object: median_ms, min_ms, gflops and \
            peak_fraction, the share of what the registers of the threads used allow in that precision.

            Examples:
              tessera bench fm.safetensors --function encode --bind tokens=196
              tessera bench fm.safetensors --function encode --bind tokens=196 --precision int8 --threads 1 --json
              tessera bench fm.safetensors --function decode_unmasked --function logits.tok_depth@224 --feed y=out
              tessera bench tok_rgb.safetensors --function tokenize --verbose
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to time; several are timed as one.", valueName: "name"))
    var function: [String]

    @Option(
        help: ArgumentHelp("Size of a symbol; may be repeated. Default: 1 for batch, the largest image's tokens.", valueName: "name=size"))
    var bind: [SizeBinding] = []

    @Option(help: ArgumentHelp("Folder or file with inputs, as for 'tessera run'.", valueName: "folder"))
    var inputs: String?

    @Option(help: ArgumentHelp("Folder to write the results of the last run to, as .npy.", valueName: "folder"))
    var outputs: String?

    @Option(
        help: ArgumentHelp("An input that takes an earlier function's output of another name; may be repeated.", valueName: "input=output"))
    var feed: [Feed] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("Timed runs.", valueName: "n"))
    var runs = 15

    @Option(parsing: .unconditional, help: ArgumentHelp("Runs before them that do not count.", valueName: "n"))
    var warmup = 2

    @Flag(help: "Print JSON; the last line is one object.")
    var json = false

    @Flag(help: "Read lines 'run N' from standard input and answer each with a line of N times, for harnesses that alternate programs.")
    var serve = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    /// `--feed input=output`
    struct Feed: ExpressibleByArgument {
        let input, output: String

        init?(argument: String) {
            let parts = argument.split(separator: "=", omittingEmptySubsequences: false).map { String($0) }
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
            (input, output) = (parts[0], parts[1])
        }
    }

    struct Report: Encodable {
        let model: String
        let functions: [String]
        let sizes: Binding
        let precision: String
        let threads: Int
        let instructionSet: String
        let runs: Int
        let medianMs, minMs, firstMs, compileMs, gflop, gflops: Double
        let peakFraction: Double?
        let weightBytes, workingBytes: Int
    }

    func validate() throws {
        guard !function.isEmpty else { throw ValidationError("--function must name what to time; 'tessera inspect' lists the functions.") }
        for (name, value) in [("--runs", runs), ("--warmup", warmup)]
        where !(0...100_000).contains(value) || (name == "--runs" && value == 0) {
            throw ValidationError("\(name) must be a whole number up to 100000, not \(value).")
        }
    }

    func run() throws {
        try global.apply()
        try model.requireSingleModel()
        let start = ContinuousClock.now
        let unit = try prepared()
        let compile = ContinuousClock.now - start
        let first = try BenchCommand.milliseconds(unit)
        if serve { return try answer(unit) }
        for _ in 0..<max(warmup - 1, 0) { try unit.run() }
        let times = try (0..<runs).map { _ in try BenchCommand.milliseconds(unit) }
        if let outputs {
            try Folders.make(outputs)
            _ = try TensorFolder.writeNumpy(unit.results, to: outputs)
        }
        let report = report(unit, times, first: first, compile: compile.seconds * 1e3)
        if json { try Output.line(BenchCommand.line(report)) } else { show(report) }
        if global.verbose { try profile(unit) }
    }

    private func prepared() throws -> BenchUnit {
        let module = try model.imported().selecting(function)
        var (typical, symbols): (Binding, Set<String>) = ([:], [])
        let sizes = TypicalSizes(module)
        for graph in module.functions {
            typical.merge(sizes.binding(for: graph)) { $1 }
            symbols.formUnion(graph.symbols)
        }
        try SizeBinding.checkFlag(bind, against: symbols, of: function.count == 1 ? "function '\(function[0])'" : "the group of functions")
        let binding = typical.merging(SizeBinding.table(bind)) { $1 }
        let given = try inputs.map { path in try FlagName.named("--inputs") { try TensorFolder.read(path) } } ?? [:]
        let plan = try Plan(ModelLoader.cleaned(module, rules.options, precision: compute.precision))
        let unit = try BenchUnit(Session(plan), function, binding, given: given, feeds: feed.reduce(into: [:]) { $0[$1.input] = $1.output })
        try unit.prepare()
        return unit
    }

    private static func milliseconds(_ unit: BenchUnit) throws -> Double {
        let start = ContinuousClock.now
        try unit.run()
        return (ContinuousClock.now - start).seconds * 1e3
    }

    private func answer(_ unit: BenchUnit) throws {
        Output.line("{\"ready\":true}")
        while let line = readLine() {
            let words = line.split(separator: " ")
            guard words.count == 2, words[0] == "run", let count = Int(words[1]), (1...100_000).contains(count) else {
                throw Refusal.content("--serve reads lines 'run N' with N from 1 to 100000, not '\(line)'")
            }
            let times = try (0..<count).map { _ in try BenchCommand.milliseconds(unit) }
            Output.line("{\"times_ms\":[\(times.map { String(format: "%.4f", $0) }.joined(separator: ","))]}")
        }
    }

    private func report(_ unit: BenchUnit, _ times: [Double], first: Double, compile: Double) -> Report {
        let sorted = times.sorted()
        let median = (sorted[sorted.count / 2] + sorted[(sorted.count - 1) / 2]) / 2
        let rate = Double(unit.flops) / (median * 1e-3)
        let type: Machine.ProductType =
            switch compute.precision {
            case .f32: .f32
            case .bf16: .bf16
            case .int8: .i8
            }
        return Report(
            model: unit.session.plan.module.name, functions: function, sizes: unit.sizes, precision: compute.precision.rawValue,
            threads: Machine.threads, instructionSet: Machine.active.name, runs: times.count, medianMs: median, minMs: sorted[0],
            firstMs: first, compileMs: compile, gflop: Double(unit.flops) * 1e-9, gflops: rate * 1e-9,
            peakFraction: Machine.measuredPeak(type).map { rate / $0 }, weightBytes: unit.session.plan.weightBytes,
            workingBytes: unit.session.peakArenaBytes)
    }

    private static func line(_ report: Report) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    private func show(_ r: Report) {
        let sizes = r.sizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        Output.fitted("\(r.functions.joined(separator: " + "))  \(sizes)  \(r.precision)  \(r.threads) threads (\(r.instructionSet))\n")
        var speed = String(format: "median %.3f ms, least %.3f ms of %d runs: %.1f GFLOP/s", r.medianMs, r.minMs, r.runs, r.gflops)
        if let share = r.peakFraction { speed += String(format: ", %.0f %% of the peak", share * 100) }
        Output.fitted(speed + "\n")
        Output.line(String(format: "compiled in %.0f ms, first run %.3f ms", r.compileMs, r.firstMs))
        Output.line("weights \(Human.bytes(r.weightBytes)), working memory \(Human.bytes(r.workingBytes))")
    }

    /// Where the time of one more run goes, on standard error.
    private func profile(_ unit: BenchUnit) throws {
        let profile = Profile()
        unit.session.observer = { profile.add(kernel: $0, node: $1, nanoseconds: $2) }
        try unit.run()
        Terminal.write("\n" + profile.text(width: Terminal.messageWidth))
    }
}
