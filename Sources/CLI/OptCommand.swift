import ArgumentParser
import Formats
import FourMModels
import IR
import Inspect
import Names
import Passes
import Runtime

/// `tessera opt`
struct OptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opt",
        abstract: "Rewrite a model with chosen rules or pipelines and print it as text of the IR.",
        discussion: """
            The text names the files that hold the weights, so that it is a model like any other: it runs, profiles, compares and compiles as \
            it stands. What is in no file, such as weights that rules have computed, is printed where it has at most 16 elements, and goes to \
            FILE.safetensors beside the text with --output FILE.

            A pipeline is clean, lower, or that of a precision (bf16, f16, int8, int8-static, int4, w4); without --passes and --pipeline the \
            text is the model as it is. --passes runs single rules, each until it finds nothing more, in the order given.

            --gradient LOSS first adds, to each function with a result LOSS of one float, a function gradient.NAME that gives it and its \
            gradients: grad.KEY for each constant, or for what --parameters names. --memory SIZE makes each fit SIZE, weights, inputs and \
            results included, at the sizes that --bind gives: parts of the way there are computed again on the way back, with the same bits.

            Examples:
              tessera opt fm.safetensors --function encode
              tessera opt fm.safetensors --pipeline clean,int8 --function encode -o encode.ir
              tessera opt encode.ir --passes fuse-attention,dead-code
              tessera opt model.onnx --pipeline clean -o model.ir
              tessera opt case.ir --pipeline clean --disable fuse-gelu
              tessera opt loss.ir --gradient loss --parameters 'encoder.*,%x' --pipeline clean
              tessera opt loss.ir --gradient loss --pipeline clean --memory 8GB --bind n=32 -o step.ir
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("Rules or passes to run, in this order.", valueName: "a,b"), transform: OptionValue.words)
    var passes: [String] = []

    @Option(
        help: ArgumentHelp("Pipelines to run, in this order: clean, a precision, lower.", valueName: "a,b"), transform: OptionValue.words)
    var pipeline: [String] = []

    @Option(help: ArgumentHelp("First add functions that give this result and its gradients.", valueName: "loss"))
    var gradient: String?

    @Option(
        help: ArgumentHelp(
            "Constants, and inputs as %name, whose gradients --gradient gives; * stands for anything; default: all constants.",
            valueName: "a,b"), transform: OptionValue.words)
    var parameters: [String] = []

    @Option(
        help: ArgumentHelp(
            "Most memory that a gradient function may take: parts are computed again so that it does. Needs --gradient and --pipeline clean.",
            valueName: "size"), transform: OptionValue.memory)
    var memory: Int?

    @Option(help: ArgumentHelp("This function only, with those that it calls.", valueName: "name"))
    var function: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write the text; default: standard output.", valueName: "file"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Size of a symbol, for --memory or an ONNX model whose structure depends on its inputs; may be repeated.",
            valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    @Option(
        parsing: .unconditional, help: "Print the data of constants of at most this many elements.",
        transform: OptionValue.whole(0...1_000_000))
    var inline: Int?

    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if !passes.isEmpty, !pipeline.isEmpty { throw ValidationError("--passes and --pipeline exclude each other") }
        if passes.isEmpty, pipeline.isEmpty, let flag = rules.given { throw ValidationError("\(flag) needs --pipeline or --passes") }
        if memory != nil, gradient == nil || pipeline.last != "clean" { throw ValidationError("--memory needs --gradient and --pipeline clean") }
        if gradient == nil, !parameters.isEmpty { throw ValidationError("--parameters needs --gradient") }
        for name in pipeline where OptPipelines.named(name) == nil {
            throw ValidationError("--pipeline \(name): there is no such pipeline; there are \(OptPipelines.names.joined(separator: ", "))")
        }
        for name in passes where OptPipelines.only(name) == nil {
            let hint = NearNames.hint(name, in: OptPipelines.ruleNames, otherwise: "'tessera passes' lists them")
            throw ValidationError("--passes \(name): there is no such rule or pass; \(hint)")
        }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let options = try rules.options(named: pipeline.compactMap(OptPipelines.named) + passes.compactMap(OptPipelines.only))
        let opened = try model.open(bind)
        if opened.artifact != nil, !passes.isEmpty || !pipeline.isEmpty || gradient != nil {
            throw Refusal.usage("\(model.model) is compiled, its weights packed for kernels: rules need the checkpoint")
        }
        let module = try function.map { try opened.module.selecting([$0]) } ?? opened.module
        let differentiated = try differentiation(of: module)
        let result = try OptPipelines.run(
            module, differentiated + pipeline.compactMap(OptPipelines.named) + passes.compactMap(OptPipelines.only), options)
        if !passes.isEmpty || !pipeline.isEmpty || gradient != nil { Terminal.note(OptPipelines.summary(result)) }
        try write(try fitted(result.module), opened.sources)
    }

    /// `module` with gradient functions that fit `--memory`.
    private func fitted(_ module: Module) throws -> Module {
        guard let memory else { return module }
        var module = module
        for name in module.entryPoints.map(\.name) where name.hasPrefix(GradientRequest.functionPrefix) {
            let budget = MemoryBudget(bytes: memory, of: name, binding: SizeBinding.table(bind))
            do {
                let fitted = try budget.fit(name, of: module)
                let (now, before) = ((fitted.bytes + 999_999) / 1_000_000, (fitted.bytesBefore + 999_999) / 1_000_000)
                let share = Int((fitted.share * 100).rounded(.up))
                Terminal.note("\(name): \(now) MB, \(before) MB before; \(share) % of the way there is computed again")
                module = fitted.module
            } catch let error as MemoryBudgetError { throw Refusal.usage("--memory: \(error)") }
        }
        return module
    }

    /// The pipeline that `--gradient` asks for.
    private func differentiation(of module: Module) throws -> [Pipeline] {
        guard let gradient else { return [] }
        let request = GradientRequest(function: function, loss: gradient, parameters: parameters.map { NamePattern($0) })
        guard function != nil || module.entryPoints.contains(where: request.isAbout) else {
            throw Refusal.usage("--gradient \(gradient): no function has a result of that name that is one float")
        }
        return [.gradient(request, stage: min(module.stage, .clean))]
    }

    private func write(_ module: Module, _ sources: [WeightSource]) throws {
        let limit = inline ?? Module.inlineLimit
        if let output {
            let companion = try IRTextWriter.write(module, to: output, from: sources, inlining: limit)
            return Terminal.note("wrote \(output)" + (companion.map { " and \($0)" } ?? ""))
        }
        let (text, homeless) = IRTextWriter.text(module, from: sources, inlining: limit)
        Output.write(text)
        if homeless > 0 {
            Terminal.note(
                "\(homeless) constants are in no file and their data are not in the text: with --output FILE they are kept beside it")
        }
    }
}

/// The pipelines that `opt` knows.
enum OptPipelines {
    static var names: [String] { ["clean"] + Precision.allCases.filter { $0 != .f32 }.map(\.rawValue) + ["lower"] }

    static func named(_ name: String) -> Pipeline? {
        switch name {
        case "clean": .clean
        case "lower": Plan.pipeline
        default:
            Precision(rawValue: name).flatMap {
                PrecisionPolicy($0).withEveryRule.pipeline(halfRange: Machine.prefersHalfRangeWeights(on: Machine.active))
            }
        }
    }

    private static var all: [Pipeline] { names.compactMap(named) }

    static var ruleNames: [String] {
        all.flatMap(\.transformations).map(\.name).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// A pipeline of the rule or pass alone.
    static func only(_ name: String) -> Pipeline? { all.lazy.compactMap { $0.only(name) }.first }

    /// One that is lowered goes through earlier pipelines as what it means.
    static func run(_ module: Module, _ pipelines: [Pipeline], _ options: PassOptions) throws -> PassResult {
        let isRaised = module.stage == .lowered && pipelines.contains { $0.stage != .lowered }
        return try PassManager.run(isRaised ? try module.raised() : module, pipelines.map { $0.keeping(atLeast: module.stage) }, options)
    }

    /// `12 rewrites: fuse-attention 4, …; 120 nodes became 60`
    static func summary(_ result: PassResult) -> String {
        let counts = result.statistics.reduce(into: [(String, Int)]()) { list, row in
            guard row.matches > 0 else { return }
            if let index = list.firstIndex(where: { $0.0 == row.name }) {
                list[index].1 += row.matches
            } else {
                list.append((row.name, row.matches))
            }
        }
        let nodes = result.module.functions.reduce(0) { $0 + $1.nodeCount }
        let before = result.statistics.first?.nodesBefore ?? nodes
        let list = counts.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(result.patchCount) rewrites" + (list.isEmpty ? "" : ": \(list)") + "; \(before) nodes became \(nodes)"
    }
}

extension Pipeline {
    /// The same; a single rule of an earlier stage does not take a module back to it.
    fileprivate func keeping(atLeast stage: Module.Stage) -> Pipeline {
        stage == .clean && self.stage < stage ? Pipeline(name, stage: stage, steps) : self
    }
}

extension OptionValue {
    /// `8GB`, `512MB`: decimal units.
    static let memory: Reader<Int> = { text in
        let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
        guard let (unit, size) = units.first(where: { text.hasSuffix($0.0) }), let count = Double(text.dropLast(unit.count)),
            let bytes = Int(exactly: (count * size).rounded()), bytes > 0
        else { throw broken("a size such as 8GB, 1.5GB or 512MB") }
        return bytes
    }

    /// `a,b,c`
    static let words: Reader<[String]> = { text in
        let words = text.split(separator: ",").map { $0.trimmingPrefix(" ") }.map(String.init)
        guard !words.isEmpty, words.allSatisfy({ !$0.isEmpty }) else { throw broken("names, with commas between them") }
        return words
    }
}
