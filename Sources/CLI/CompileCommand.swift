import ArgumentParser
import Artifact
import Calibration
import Compilation
import Files
import Formats
import Foundation
import FourM
import FourMModels
import Hub
import IR
import Importers
import Inspect
import ONNXSessions
import Passes
import Runtime

/// `tessera compile`
struct CompileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compile",
        abstract: "Compile a model into a file that runs at once.",
        discussion: """
            The file (.tess) holds the lowered functions and the weights as kernels read them: it is mapped when it is used, nothing is folded or \
            packed then, and processes share its memory. 'run', 'bench', 'inspect' and bundles take it in place of the model. It is a \
            safetensors file, which other programs open too; the same input gives the same bytes.

            Of a bundle, all models are compiled into the folder --output, beside a bundle.yaml that names them, or with --single-file into one \
            file, which commands take in place of the folder.

            --target says which kernels it is for; another machine runs it as well, and packs its weights anew when they are first read. What is \
            compiled already, a file or a bundle, is packed for another target, or cut down by --keep or --function: what was rounded stays as it is.

            Examples:
              tessera compile fm.safetensors --precision int8 -o fm.tess
              tessera compile model.onnx -o model.tess
              tessera compile fm.safetensors --function encode --target avx512vnni --precision int8 -o encode.tess
              tessera compile Models/shapes --precision int8 -o shapes-int8
              tessera compile Models/shapes --precision int8 --single-file -o shapes.tess
              tessera compile Models/shapes --keep 'rgb->tok_depth,caption' -o depth-and-caption
              tessera compile fm.safetensors --max tokens=1024 --max batch=4 -o fm.tess
              tessera compile fm.tess --target avx512vnni -o fm-server.tess
              tessera compile fm.tess --keep 'rgb->tok_depth' -o depth.tess
              tessera compile Models/shapes --precision int4 --calibrate photos/ --calibrate captions.txt -o shapes-int4
              tessera compile Models/shapes --keep 'caption->tok_rgb' --precision int8 --calibrate captions.txt -o text-to-image
              tessera compile Models/shapes --precision int4 --calibrate photos/ --budget error=2% --report what.html -o mixed
              tessera compile model.onnx --precision int8 --calibrate inputs/ -o model.tess
              tessera inspect fm.tess --verify
            """)

    @OptionGroup var model: ModelArgument

    @Option(name: .shortAndLong, help: ArgumentHelp("The file to write, or the folder of a bundle.", valueName: "file.tess"))
    var output: String

    @Option(help: ArgumentHelp("Keep this function and what it needs; may be repeated. Default: all.", valueName: "name"))
    var function: [String] = []

    @Option(
        help: ArgumentHelp(
            "Keep what a 4M model needs to make these targets of these inputs, such as 'rgb->tok_depth,caption'; may be repeated. Of a bundle, "
                + "also the halves of tokenizers that are needed, without a super-resolution model.",
            valueName: "input,…->target,…"))
    var keep: [String] = []

    @Flag(help: "Write a bundle as one .tess file instead of a folder.")
    var singleFile = false

    @Option(help: "The instruction set of the kernels: native, that of this machine, or one that 'tessera kernels' lists.")
    var target = Target.native

    @Option(
        name: .customLong("max"),
        help: ArgumentHelp(
            "The largest size of a symbol, such as tokens=1024, that the compiled model shall take; more is refused when it runs; may be repeated.",
            valueName: "name=size"),
        transform: OptionValue.binding)
    var largest: [SizeBinding] = []

    @Option(
        help: ArgumentHelp(
            "Size of an input of an ONNX model whose structure depends on it; may be repeated.", valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    @Option(
        help: ArgumentHelp(
            "Inputs for which an ONNX model is compiled whose structure depends on them: a folder, or a file that holds them all.",
            valueName: "folder"))
    var inputs: String?

    @Option(
        help: ArgumentHelp(
            "Round weights for what they are multiplied by, instead of to the nearest: of a bundle, a 4M model or a tokenizer, pictures "
                + "and captions that it is run over: a folder, a pattern, or a .txt with a caption a line; else a folder of recorded inputs, "
                + "an .npz or .safetensors file for each call, in a folder FUNCTION if there are several functions; may be repeated.",
            valueName: "place"))
    var calibrate: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Most pictures and captions, or calls of a function, that --calibrate looks at. Default: 64.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var samples: Int?

    @Option(
        help: ArgumentHelp(
            "How --calibrate chooses the range of a layer's inputs for int8-static: min-max, percentile (all but the outermost), mse (the smallest squared "
                + "error) or entropy (levels that tell most).",
            valueName: "min-max|percentile|mse|entropy"))
    var observer: Observer?

    @Flag(
        help:
            "Let --calibrate move scales of channels between norms and the weights behind them, where that makes rounding both better (SmoothQuant, AWQ)."
    )
    var smooth = false

    @Option(
        help: ArgumentHelp(
            "Give layers more than --precision says, where --calibrate tells that it matters most: error=X raises as few as keep the relative error of "
                + "every result below X (of tokens, the share that differs); size=N, or bits=N for each weight of the layers on average, as many as "
                + "that allows; speed those that rounding does not make faster on this machine, speed=N as many as leave N times the speed of f32.",
            valueName: "error=x|size=n|bits=n|speed[=n]"),
        transform: OptionValue.budget)
    var budget: Budget?

    @Option(help: ArgumentHelp("Write what rounding did as a page with plots.", valueName: "file.html"))
    var report: String?

    @Flag(help: "Print JSON: the files with their sizes, functions, target and seconds.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let report, !report.lowercased().hasSuffix(".html") { throw ValidationError("--report \(report): the page must end in .html") }
        if report != nil, !compute.policy.schemes.contains(where: { calibrate.isEmpty ? $0.isInteger : $0.isCompensated }) {
            throw ValidationError("--report tells what rounding did; give --precision int8 or int4 too, or bf16 with --calibrate")
        }
        if budget != nil, calibrate.isEmpty { throw ValidationError("--budget measures on data; give --calibrate too") }
        if case .bits(let bits) = budget, bits < compute.bits {
            throw ValidationError(
                "--budget bits=\(OptionValue.short(bits)): \(compute.policy) has \(OptionValue.short(compute.bits)) bits a weight before any "
                    + "layer is raised; give more"
            )
        }
        if case .speed = budget, target.set != Machine.active {
            throw ValidationError("--budget speed times layers with this machine's kernels (\(Machine.active.name)); leave --target out")
        }
        if smooth, calibrate.isEmpty { throw ValidationError("--smooth looks at inputs of layers; give --calibrate too") }
        let isStatic = compute.policy.schemes.contains(.int8Static)
        if isStatic, calibrate.isEmpty {
            throw ValidationError("int8-static takes ranges of activations from data; give --calibrate too, or take int8")
        }
        if observer != nil, !isStatic {
            throw ValidationError("--observer chooses ranges for int8-static; give --precision int8-static, or an --override, too")
        }
        if samples != nil, calibrate.isEmpty { throw ValidationError("--samples is for --calibrate; give that too") }
        if !calibrate.isEmpty, !compute.policy.schemes.contains(where: \.isCompensated) {
            throw ValidationError("--calibrate rounds weights; give --precision int8, int4 or bf16 too")
        }
        let suffix = output.lowercased().hasSuffix(".tess")
        if model.isBundle {
            if suffix, !singleFile {
                throw ValidationError("--output \(output): a bundle is compiled into a folder; give --single-file for one .tess file")
            }
            if singleFile, !suffix { throw ValidationError("--output \(output): with --single-file it must end in .tess") }
            if inputs != nil || !bind.isEmpty {
                throw ValidationError("--inputs and --bind are for ONNX models; \(model.model) is a bundle")
            }
            if !function.isEmpty { throw ValidationError("--function is for one model; \(model.model) is a bundle of several") }
        } else {
            if singleFile { throw ValidationError("--single-file is for bundles; a model is one file anyway") }
            if !suffix { throw ValidationError("--output \(output): the file must end in .tess") }
        }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        try FlagName.checkFile("--report", self.report)
        try calibration?.requirePlaces()
        let report = model.isBundle ? try compile(FourM.Bundle(path: model.model), options) : try compileOne(options)
        if let page = self.report { try OutputFile.write(ReportPage(report: report).html, to: page) }
        if json { try Output.writeJSON(report) } else { show(report) }
    }

    private func compileOne(_ options: PassOptions) throws -> CompileReport {
        try FlagName.checkFile("--output", output)
        if let artifact = try model.artifact() { return try repack(artifact) }
        let source = try source()
        let module = function.isEmpty ? source.kept : try source.kept.selecting(function)
        try compute.policy.requireFits([module], calibrated: !calibrate.isEmpty)
        try LargestSizes.check(largest, [module], of: "model '\(module.name)'")
        let calls = try calls(module)
        let made = try compiler(options).compile(module, of: source.whole, files: source.files, calls: calls, to: output)
        return CompileReport([made], precision: compute.policy.description, target.set)
    }

    /// The module, what `--keep` leaves of it, and the files that hold it.
    private func source() throws -> (whole: Module, kept: Module, files: [String]) {
        if let file = try model.onnxFile() {
            if !keep.isEmpty { throw Refusal.usage("--keep is for 4M models; of an ONNX model, all is needed") }
            let opened = try ModelArgument.symbolic(onnx: file, bind, inputs: inputs)
            return (opened.module, opened.module, opened.files)
        }
        if let flag = bind.first {
            throw Refusal.usage("--bind \(flag.name)=\(flag.size) is for ONNX models; a checkpoint's sizes stay open")
        }
        if inputs != nil { throw Refusal.usage("--inputs is for ONNX models; a checkpoint's structure is its own") }
        if try model.textFile() != nil {
            if !keep.isEmpty {
                throw Refusal.usage("--keep is for checkpoints; \(model.model) is text of the IR: --function names what is needed")
            }
            let opened = try model.open()
            return (opened.module, opened.module, opened.files)
        }
        let checkpoint = try model.checkpoint()
        let whole = try model.imported(checkpoint)
        if keep.isEmpty { return (whole, whole, checkpoint.files) }
        return (whole, try FourMImporter.importModel(checkpoint, scope: paths(whole).scope), checkpoint.files)
    }

    /// What `--keep` asks for of a 4M model.
    private func paths(_ module: Module) throws -> KeptPaths {
        guard module.metadata["family"] == .string(FourMImporter.transformerFamily) else {
            throw Refusal.usage(
                "--keep is for 4M models; \(model.model) is none (--part keeps half of a tokenizer, --function single functions)")
        }
        return try KeptPaths(keep, known: Array(ModelModality.read(module).values))
    }

    private var calibration: CalibrationData? {
        calibrate.isEmpty ? nil : CalibrationData(places: calibrate, samples: samples ?? 64)
    }

    private func calls(_ module: Module) throws -> [CallRecorder.Call] {
        guard let calibration else { return [] }
        if let file = try model.onnxFile() { return try calibration.calls(of: ONNXSession(ONNXModel(path: file))).map { try $0.read() } }
        guard calibration.holdsSamples else { return try calibration.calls(of: module).map { try $0.read() } }
        let rehearsal = Rehearsal(data: calibration)
        guard module.metadata["family"] == .string(FourMImporter.transformerFamily) else { return try rehearsal.calls(ofTokenizer: module) }
        if let flag = model.given { throw Refusal.usage("\(flag) does not go with pictures for --calibrate; give recorded inputs") }
        let path = try ModelLocation.find(model.model).path
        return try rehearsal.calls(of: FourM.Bundle(model: path)).values.first ?? []
    }

    private func compiler(_ options: PassOptions) -> ModelCompiler {
        var made = ModelCompiler(compute.policy, for: target.set, program: RootCommand.configuration.version)
        (made.observer, made.movesScales, made.options) = (observer ?? .mse, smooth, options)
        (made.largest, made.flags) = (SizeBinding.table(largest), flags)
        if let budget { made.raise = { try $0.raise(budget, $1, &$2) } }
        var bar: ProgressBar?
        made.onProgress = { what, share in
            guard let share else {
                bar?.finish()
                bar = nil
                return
            }
            if bar == nil { bar = ProgressBar(what) }
            bar?.update(share, title: nil)
        }
        return made
    }

    /// The flags that decide what is written; of files, their names without folders.
    private var flags: [String] {
        let adapters = model.lora.map { "--lora \(($0.path as NSString).lastPathComponent):\($0.scale)" }
        return keep.map { "--keep \($0)" } + function.map { "--function \($0)" } + bind.map { "--bind \($0.name)=\($0.size)" }
            + largest.map { "--max \($0.name)=\($0.size)" } + adapters
            + (model.loraScale.map { ["--lora-scale \($0)"] } ?? []) + (model.stateKey.map { ["--state-key \($0)"] } ?? [])
            + (model.part == .whole ? [] : ["--part \(model.part.rawValue)"]) + rules.names.map { "--disable \($0)" }
            + compute.override.map { "--override \($0.pattern)=\($0.scheme.rawValue)" }
            + (budget.map { ["--budget \($0)"] } ?? []) + (observer.map { ["--observer \($0.rawValue)"] } ?? [])
            + (smooth ? ["--smooth"] : []) + compute.groupFlags
            + (calibration.map { data in data.names.map { "--calibrate \($0)" } + ["--samples \(data.samples)"] } ?? [])
            + (rules.stopAfter.map { ["--stop-after \($0)"] } ?? [])
    }

    private func compile(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> CompileReport {
        if let flag = model.given { throw Refusal.usage("\(flag) is for one model; \(model.model) is a bundle of several") }
        let compiled = try bundle.compiledParts
        let isCompiled = compiled.count == bundle.models.count
        if isCompiled { try refuseWhatIsDecided() }
        try compute.policy.requireFits(bundle, calibrated: isCompiled || !calibrate.isEmpty)
        if !largest.isEmpty {
            try LargestSizes.check(largest, bundle.models.map { try bundle.read($0.source).module }, of: "bundle '\(bundle.name)'")
        }
        let made = try singleFile ? compileToFile(bundle, options) : compileToFolder(bundle, options)
        let precisions = try compiled.map { try bundle.read($0.source).artifact?.provenance.precision ?? "" }
        let all = (isCompiled ? [] : [compute.policy.description]) + precisions
        let leftOut = try compiler(bundle, options, output).leftOut
        return CompileReport(made, precision: Set(all).sorted().joined(separator: ", "), target.set, leftOut: leftOut)
    }

    /// Compiles the bundle into a folder, or into the parts of ``output`` in one.
    private func compiler(_ bundle: FourM.Bundle, _ options: PassOptions, _ folder: String, _ scratch: OutputGroup? = nil) -> BundleCompiler
    {
        BundleCompiler(compiler: compiler(options), bundle: bundle, folder: folder, keep: keep, calibration: calibration, scratch: scratch)
    }

    private func compileToFolder(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> [CompileReport.File] {
        try FlagName.checkFolder("--output", output)
        return try compiler(bundle, options, output).compile()
    }

    private func compileToFile(_ bundle: FourM.Bundle, _ options: PassOptions) throws -> [CompileReport.File] {
        try FlagName.checkFile("--output", output)
        return try SingleFile(path: output).write { try compiler(bundle, options, $0, $1).compile() }
    }

    /// A compiled model, for ``target``.
    private func repack(_ artifact: Artifact) throws -> CompileReport {
        try refuseWhatIsDecided()
        let whole = artifact.packed.module
        let part = try keep.isEmpty ? whole : paths(whole).narrowed(whole)
        let kept = try function.isEmpty ? part : part.selecting(function)
        try LargestSizes.check(largest, [kept], of: "model '\(kept.name)'")
        let made = try compiler(PassOptions()).repack(artifact, keeping: kept, to: output)
        return CompileReport([made], precision: artifact.provenance.precision, target.set)
    }

    /// - Throws: `TesseraError` for flags that say how a checkpoint is to be compiled.
    private func refuseWhatIsDecided() throws {
        let flags = [
            ("--bind", !bind.isEmpty), ("--inputs", inputs != nil), ("--calibrate", !calibrate.isEmpty), ("--report", report != nil),
        ]
        guard let flag = rules.given ?? compute.given.first ?? flags.first(where: \.1)?.0 else { return }
        throw Refusal.usage(
            "\(flag): \(model.model) is compiled already, and only packed for another --target or cut down by --keep and --function; give the "
                + "model that it was compiled from")
    }

    private func show(_ report: CompileReport) {
        let rows = report.files.map { file in
            [file.file, "\(file.functions.count)", Human.bytes(file.sourceBytes), Human.bytes(file.bytes), ProgressBar.time(file.seconds)]
        }
        Output.table(["file", "functions", "model", "compiled", "time"], rows, right: [1, 2, 3, 4])
        if singleFile, let size = try? InputFile(output).size { Output.line("\n\(output): \(Human.bytes(size))") }
        Output.line("\n\(report.precision) for \(report.target)")
        for line in report.leftOutLines { Output.line(line) }
        RoundingText.show(report.files)
    }
}

extension Observer: ExpressibleByArgument {}

extension CompileCommand {
    /// `native`, or the name of an instruction set.
    enum Target: ExpressibleByArgument {
        case native
        case named(Machine.InstructionSet)

        init?(argument: String) {
            if argument == "native" {
                self = .native
            } else if let set = Machine.InstructionSet(name: argument) {
                self = .named(set)
            } else {
                return nil
            }
        }

        static var allValueStrings: [String] { ["native"] + Machine.InstructionSet.allCases.map(\.name) }

        var defaultValueDescription: String { "native" }

        var set: Machine.InstructionSet {
            switch self {
            case .native: Machine.active
            case .named(let set): set
            }
        }
    }
}
