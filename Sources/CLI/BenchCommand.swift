import ArgumentParser
import Formats
import Foundation
import FourM
import FourMModels
import IR
import Inspect
import Passes
import Runtime

/// `tessera bench`
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Time functions of a model, or all parts of a bundle.",
        discussion: """
            Runs one function, or several after each other (an output feeds later inputs of its name), and reports least, median and \
            mean time, standard deviation and the 90th and 99th percentile. Inputs are random unless --inputs gives them. The last line \
            of --json is one object: min_ms, median_ms, mean_ms, sd_ms, p90_ms, p99_ms, gflops and peak_fraction, the share of what the \
            registers of the threads used allow in that precision.

            Of a bundle the calls that its parts are made of are timed one by one, at their usual sizes. An ONNX model has one function; one \
            whose structure depends on its inputs is timed for those of --inputs, or for zeros in the sizes of --bind.

            Examples:
              tessera bench fm.safetensors --function encode --bind tokens=196
              tessera bench fm.safetensors --function encode --bind tokens=196 --precision int8 --threads 1 --json
              tessera bench fm.safetensors --function decode_unmasked --function logits.tok_depth@224 --feed y=out
              tessera bench tok_rgb.safetensors --function tokenize --verbose
              tessera bench model.onnx --inputs in --threads 1
              tessera bench Models/shapes --runs 5
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to time; several are timed as one. None for a bundle or an ONNX model.", valueName: "name"))
    var function: [String] = []

    @OptionGroup var call: CallOptions

    @Option(help: ArgumentHelp("Folder to write the results of the last run to, as .npy.", valueName: "folder"))
    var outputs: String?

    @Option(
        help: ArgumentHelp("An input that takes an earlier function's output of another name; may be repeated.", valueName: "input=output"),
        transform: OptionValue.feed)
    var feed: [Feed] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Timed runs; default 15.", valueName: "n"), transform: OptionValue.whole(1...100_000))
    var runs: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Runs before them that do not count; default 2.", valueName: "n"),
        transform: OptionValue.whole(0...100_000))
    var warmup: Int?

    @Flag(help: "Print JSON; the last line is one object.")
    var json = false

    @Flag(help: "Read lines 'run N' from standard input and answer each with a line of N times, for harnesses that alternate programs.")
    var serve = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        let others = [
            ("--outputs", outputs != nil), ("--verbose", global.verbose), ("--runs", runs != nil), ("--warmup", warmup != nil),
        ]
        if serve, let flag = others.first(where: \.1)?.0 {
            throw ValidationError("--serve answers lines 'run N' with N times alone; \(flag) has no effect with it")
        }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        try compute.policy.requireRanges()
        try FlagName.checkFolder("--outputs", outputs)
        if model.isBundle { return try time(bundle: FourM.Bundle(path: model.model), options) }
        let made = try source(options).make()
        let unit = made.unit
        if serve { return try answer(unit) }
        let report = try measured(unit, made.functions, made.compileMs)
        if let outputs {
            try Folders.make(outputs)
            _ = try TensorFolder.writeNumpy(unit.results, to: outputs)
        }
        if json { try Output.line(BenchCommand.line(report)) } else { show(report) }
        if global.verbose { try profile(unit) }
    }

    private func source(_ options: PassOptions) -> UnitSource {
        UnitSource(model: model, function: function, call: call, feed: feed, compute: compute, rules: rules, options: options)
    }

    private func measured(_ unit: BenchUnit, _ functions: [String], _ compile: Double) throws -> BenchReport {
        let first = try BenchCommand.milliseconds(unit)
        for _ in 0..<max((warmup ?? 2) - 1, 0) { try unit.run() }
        let times = try (0..<(runs ?? 15)).map { _ in try BenchCommand.milliseconds(unit) }
        let settings = BenchReport.Settings(
            functions, precision: compute.policy.description, compileMs: compile, firstMs: first, peak: Machine.measuredPeak(productType))
        return try BenchReport(unit, Timing(times), settings)
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

    private var productType: Machine.ProductType {
        switch compute.precision {
        case .f32: .f32
        case .bf16: .bf16
        case .int8, .int8Static, .int4: .i8
        // Weights are widened: products are f32.
        case .w4, .f16: .f32
        }
    }

    private static func line(_ report: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    private func show(_ r: BenchReport) {
        let sizes = r.sizes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
        Output.fitted("\(r.functions.joined(separator: " + "))  \(sizes)  \(r.precision)  \(r.threads) threads (\(r.instructionSet))\n")
        Output.line("milliseconds of \(r.runs) run\(r.runs == 1 ? "" : "s"); speed at the median\n")
        Output.table(BenchReport.header, [r.cells], right: Set(BenchReport.header.indices))
        Output.line(String(format: "\ncompiled in %.0f ms, first run %.3f ms", r.compileMs, r.firstMs))
        Output.line("weights \(Human.bytes(r.weightBytes)), working memory \(Human.bytes(r.workingBytes))")
    }

    /// Where the time of one more run goes, on standard error.
    private func profile(_ unit: BenchUnit) throws {
        let profile = Profile()
        unit.session.observer = { profile.add(kernel: $0, node: $1, isFirst: $2, nanoseconds: $3) }
        try unit.run()
        Terminal.write("\n" + profile.text(width: Terminal.messageWidth))
    }
}

extension BenchCommand {
    /// What was measured of a bundle; the shape of its JSON.
    struct BundleResult: Encodable {
        struct Part: Encodable {
            let part: String
            let calls: [BenchReport]
            /// Why it could not be timed.
            let problem: String?
        }

        let bundle: String
        let parts: [Part]
    }

    /// Times the calls of each part; one that cannot be used is told of, and the exit code is then 1.
    fileprivate func time(bundle: FourM.Bundle, _ options: PassOptions) throws {
        try requireOneModel()
        try compute.policy.requireFits(bundle)
        var parts: [BundleResult.Part] = []
        let bar = ProgressBar("timing")
        let all = BundleBench.parts(of: bundle)
        for (index, part) in all.enumerated() {
            bar.update(Double(index) / Double(all.count), detail: part.name)
            parts.append(try time(part, bundle, options))
        }
        bar.finish()
        let result = BundleResult(bundle: bundle.name, parts: parts)
        if json { try Output.line(BenchCommand.line(result)) } else { show(result) }
        if parts.contains(where: { $0.problem != nil }) { throw ExitCode(Program.failure) }
    }

    private func time(_ part: BundleBench.Part, _ bundle: FourM.Bundle, _ options: PassOptions) throws -> BundleResult.Part {
        do {
            let model = try BundleBench.read(part, of: bundle)
            let reports = try BundleBench.functions(of: model.module).map { function in
                let start = ContinuousClock.now
                let plan = try model.keeping(function).plan(options, precision: compute.policy)
                let unit = try source(options).unit(Session(plan), [function], [:])
                return try measured(unit, [function], (ContinuousClock.now - start).seconds * 1e3)
            }
            return BundleResult.Part(part: part.name, calls: reports, problem: nil)
        } catch let error as CancellationError { throw error } catch {
            Terminal.warn("\(part.name) cannot be timed: \(Refusal.text(of: error))")
            return BundleResult.Part(part: part.name, calls: [], problem: Refusal.text(of: error))
        }
    }

    /// - Throws: `ValidationError` naming an option that is for one model.
    private func requireOneModel() throws {
        let flags: [(String, Bool)] = [
            ("--function", !function.isEmpty), ("--bind", !call.bind.isEmpty), ("--inputs", call.inputs != nil),
            ("--outputs", outputs != nil),
            ("--feed", !feed.isEmpty), ("--serve", serve), ("--dump-after", rules.dumpAfter != nil), ("--verbose", global.verbose),
            (model.given ?? "", model.given != nil),
        ]
        guard let flag = flags.first(where: \.1)?.0 else { return }
        throw ValidationError(
            "\(flag) is for one model; \(model.model) is a bundle of several ('tessera inspect \(model.model)' lists them)")
    }

    private func show(_ result: BundleResult) {
        let first = result.parts.flatMap(\.calls).first
        let how = first.map { "  \($0.precision)  \($0.threads) threads (\($0.instructionSet))" } ?? ""
        Output.line("\(result.bundle)\(how)")
        let runs = runs ?? 15
        Output.line("milliseconds of \(runs) run\(runs == 1 ? "" : "s"); speed at the median\n")
        let rows = result.parts.flatMap { part in
            part.calls.map { [part.part, $0.functions.joined(separator: " + ")] + $0.cells }
        }
        Output.table(["part", "call"] + BenchReport.header, rows, right: Set(2..<2 + BenchReport.header.count))
    }
}
