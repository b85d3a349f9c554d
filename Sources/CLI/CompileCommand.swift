import ArgumentParser
import Files
import FourM
import Inspect
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

    @Flag(help: "Print JSON: the files with their sizes, functions, target and seconds.")
    var json = false

    @OptionGroup var rounding: RoundingOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        try rounding.check(compute, for: target.set)
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
        try FlagName.checkFile("--report", rounding.report)
        try rounding.calibration?.requirePlaces()
        let report = model.isBundle ? try compile(FourM.Bundle(path: model.model), options) : try compileOne(options)
        if let page = rounding.report { try OutputFile.write(ReportPage(report: report).html, to: page) }
        if json { try Output.writeJSON(report) } else { show(report) }
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
