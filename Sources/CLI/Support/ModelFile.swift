import ArgumentParser
import Artifact
import Files
import Formats
import Foundation
import FourM
import FourMModels
import Hub
import IR
import Importers
import Inspect
import Names
import ONNXSessions
import Passes
import Runtime

/// The MODEL argument of commands that look at one model, and what it may be configured by.
struct ModelArgument: ParsableArguments {
    @Argument(
        help:
            "A .safetensors, torch .pth, .onnx or .ir (text of the IR) file, a folder, a shard index (.index.json) or the name of a pulled Hub repository, ORG/NAME[@REVISION]."
    )
    var model: String

    @Option(help: ArgumentHelp("Configuration file (.json) to use instead of the model's own.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Where in the file the model is, if there are several: a key such as model_ema, or keys and the start of names joined by points.",
            valueName: "key"))
    var stateKey: String?

    @Option(help: ArgumentHelp("Half of a tokenizer, encoder or decoder; the other is not looked at.", valueName: "half"))
    var part: TokenizerPart = .whole

    @Option(
        help: ArgumentHelp(
            "Merge the LoRA adapters of this file, times scale (default 1), into the weights; may be repeated.", valueName: "file[:scale]"),
        transform: OptionValue.adapters)
    var lora: [LoRASource] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Scale of LoRA adapters in the model's own file, instead of its configuration's lora_scale or 1.", valueName: "scale"),
        transform: OptionValue.number())
    var loraScale: Double?

    /// The first flag that says how the model is to be read.
    var given: String? {
        let flags = [
            ("--config", config != nil), ("--state-key", stateKey != nil), ("--part", part != .whole),
            ("--lora", !lora.isEmpty), ("--lora-scale", loraScale != nil),
        ]
        return flags.first(where: \.1)?.0
    }

    func validate() throws {
        if stateKey?.isEmpty == true { throw ValidationError("--state-key needs a key, such as model_ema") }
    }

    /// Whether the argument is a bundle: a folder with a `bundle.yaml`, or that file.
    var isBundle: Bool {
        FourM.Bundle.isBundle((try? ModelLocation.find(model).path) ?? model)
    }

    /// - Throws: `HubError` if there is neither a path nor a pulled repository of that name; `CheckpointError`.
    func checkpoint() throws -> Checkpoint {
        let location = try ModelLocation.find(model)
        if let missing = lora.first(where: { !FileManager.default.fileExists(atPath: $0.path) }) {
            throw ModelArgument.missing(missing)
        }
        let checkpoint = try ModelLoader.checkpoint(
            location.path, config: config, stateKey: stateKey, lora: lora, loraScale: loraScale)
        for note in checkpoint.notes { Terminal.note("note: \(note)") }
        guard loraScale == nil || checkpoint.adapters.count > lora.count else {
            throw Refusal.content("--lora-scale: \(model) holds no LoRA adapters of its own; --lora FILE:SCALE scales those of a file")
        }
        return location.repository.map { checkpoint.renamed($0.name) } ?? checkpoint
    }

    /// A file that is not there, or the part behind the last colon of one that is.
    private static func missing(_ source: LoRASource) -> any Error {
        if let colon = source.path.lastIndex(of: ":"), FileManager.default.fileExists(atPath: String(source.path[..<colon])) {
            let scale = source.path[source.path.index(after: colon)...]
            return ValidationError(
                "--lora \(source.path): the scale '\(scale)' is not a number; give FILE or FILE:SCALE, such as FILE:0.5.")
        }
        return Refusal.missing("--lora \(source.path) does not exist; give a .safetensors or .pth file with LoRA adapters")
    }

    /// The ONNX file that the argument is; nil for a checkpoint.
    /// - Throws: `TesseraError` for flags that are for checkpoints.
    func onnxFile() throws -> String? {
        // A name that says what it is, is looked for at once; what else is wrong is for the readers of checkpoints to tell.
        let isNamedSo = model.lowercased().hasSuffix(".onnx")
        guard let location = isNamedSo ? try ModelLocation.find(model) : try? ModelLocation.find(model),
            let file = ONNXModelFile.find(location.path)
        else { return nil }
        guard let flag = given else { return file }
        throw Refusal.usage("\(flag) is for checkpoints; \(model) is an ONNX model")
    }

    /// The compiled model that the argument is; nil for a checkpoint or an ONNX model.
    /// - Throws: `TesseraError` for flags that are for checkpoints; `CheckpointError` for what is damaged or of another version.
    func artifact() throws -> Artifact? {
        let isNamedSo = model.lowercased().hasSuffix(".tess")
        guard let location = isNamedSo ? try ModelLocation.find(model) : try? ModelLocation.find(model) else { return nil }
        guard isNamedSo || Artifact.isArtifact(location.path) else { return nil }
        if let flag = given { throw Refusal.usage("\(flag) is for checkpoints; \(model) is a compiled model") }
        return try Artifact(path: location.path)
    }

    /// The same, for commands whose flags may say how a model is to be compiled.
    /// - Throws: `TesseraError` if one of these was given: a compiled model is what it is.
    func artifact(_ compute: PrecisionOptions, _ rules: PipelineOptions) throws -> Artifact? {
        guard let artifact = try artifact() else { return nil }
        let flag = rules.given ?? compute.given.first
        if let flag { throw Refusal.usage("\(flag): \(model) is compiled already, in \(artifact.provenance.precision); compile it anew") }
        return artifact
    }

    /// The module as imported, or as its text has it.
    func imported() throws -> Module {
        if let path = try textFile() { return try IRTextFile.read(path) }
        if let file = try onnxFile() { return try ONNXImporter.importModel(try ONNXModel(path: file)) }
        return try imported(checkpoint())
    }

    func imported(_ checkpoint: Checkpoint) throws -> Module { try FourMImporter.importModel(checkpoint, part: part) }

    /// An ONNX model with the symbols of the file; where its structure depends on its inputs, for those in the folder or file `inputs`, else
    /// for zeros in the sizes of `bind`.
    static func symbolic(onnx file: String, _ bind: [SizeBinding], inputs: String? = nil) throws -> OpenModel {
        let source = try ONNXModel(path: file)
        let (module, nodes) = try symbolic(source, bind, inputs)
        var made = OpenModel(module: module, files: [file] + source.externalFiles)
        made.onnx = nodes
        made.sources = [WeightSource(file, tensors: WeightSource.initializers(source))]
        return made
    }

    private static func symbolic(
        _ source: ONNXModel, _ bind: [SizeBinding], _ inputs: String?
    ) throws -> (module: Module, sources: ONNXSourceMap) {
        let session = ONNXSession(source)
        try session.checkOperators()
        do { return try ONNXImporter.importWithSources(source) } catch let error as ONNXImportError {
            let reader = ONNXInputs(session: session)
            let guesses =
                try inputs.map { [try reader.fitted(reader.read($0).given)] }
                ?? [reader.zeros(bind), reader.zeros(bind, takesFewRows: true)]
            func list(_ given: [String: Datum]) -> String {
                given.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.kind)" }.joined(separator: ", ")
            }
            for given in guesses {
                guard let special = try? ONNXSession(source).settled(for: given, binding: SizeBinding.table(bind)).special else { continue }
                let what = inputs == nil ? "zeros, \(list(given)); --bind gives other sizes" : "those of --inputs, \(list(given))"
                Terminal.note("the structure depends on the inputs: taken is that for \(what)")
                return try ONNXImporter.importWithSources(source, special)
            }
            let tried = inputs == nil ? "zeros (\(list(guesses[0]))) do" : "those of --inputs do"
            Terminal.note(
                "the structure depends on the inputs, and \(tried) not settle it; give others with --inputs, or sizes with --bind")
            throw error
        }
    }

    /// - Throws: `TesseraError` for a bundle, which is several models.
    func requireSingleModel() throws {
        guard isBundle else { return }
        throw Refusal.usage("\(model) is a bundle of several models; name one of them ('tessera inspect \(model)' lists them)")
    }
}

extension TokenizerPart: ExpressibleByArgument {}

extension SizeBinding {
    /// ``check(_:against:of:)`` with the flag in its message.
    static func checkFlag(_ bindings: [SizeBinding], against known: Set<String>, of what: String) throws {
        try FlagName.named("--bind") { try check(bindings, against: known, of: what) }
    }
}

/// How the clean pipeline, that of `--precision` and that of the plan after it are run: `--disable RULE`, `--stop-after N`, `--dump-after FOLDER`.
struct PipelineOptions: ParsableArguments {
    @Option(
        name: .customLong("disable"), help: ArgumentHelp("Leave out a rule or pass of the pipeline; may be repeated.", valueName: "rule"))
    var names: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop after this many rewrites in total, to find by halves which one does harm.", valueName: "n"),
        transform: OptionValue.whole(0...Int.max))
    var stopAfter: Int?

    @Option(help: ArgumentHelp("Write the IR after each step of the pipeline into this folder.", valueName: "folder"))
    var dumpAfter: String?

    @Option(
        help: ArgumentHelp(
            "Make the Nth rewrite of a rule wrong on purpose (its result is negated), to try bisect, compare and reduce.",
            valueName: "rule[:n]",
            visibility: .hidden), transform: OptionValue.fault)
    var injectFault: InjectedFault?

    /// The first of the flags that was given.
    var given: String? {
        if !names.isEmpty { return "--disable" }
        if injectFault != nil { return "--inject-fault" }
        return stopAfter != nil ? "--stop-after" : dumpAfter != nil ? "--dump-after" : nil
    }

    func validate() throws {
        let all = Precision.allCases.flatMap {
            PipelineOptions.rules(of: ModelLoader.pipelines(PrecisionPolicy($0).withEveryRule) + [Plan.pipeline])
        }
        if let rule = injectFault?.rule, !all.contains(rule) {
            throw ValidationError("--inject-fault \(rule): there is no such rule; 'tessera passes' lists them")
        }
        guard let stranger = names.first(where: { !all.contains($0) }) else { return }
        let known = all.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let hint = NearNames.hint(stranger, in: known, otherwise: "'tessera passes' lists them")
        throw ValidationError("--disable \(stranger): there is no such rule; \(hint)")
    }

    private static func rules(of pipelines: [Pipeline]) -> [String] { pipelines.flatMap { $0.transformations.map(\.name) } }

    /// For the pipelines of `precision`, and that of the plan where the module `isPlanned`.
    /// - Throws: `TesseraError` for a rule that is of another pipeline, and for a folder that cannot be written.
    func options(_ precision: PrecisionPolicy, isPlanned: Bool = true) throws -> PassOptions {
        try FlagName.checkFolder("--dump-after", dumpAfter)
        let used = ModelLoader.pipelines(precision.withEveryRule) + (isPlanned ? [Plan.pipeline] : [])
        if let stranger = names.first(where: { !PipelineOptions.rules(of: used).contains($0) }) {
            let list = used.map { "'\($0.name)'" }.joined(separator: ", ")
            throw Refusal.usage("--disable \(stranger): no pipeline in use (\(list)) has that rule; \(PipelineOptions.place(of: stranger))")
        }
        return passOptions
    }

    /// For these pipelines.
    /// - Throws: `TesseraError` for a rule that none of them has, and for a folder that cannot be written.
    func options(named pipelines: [Pipeline]) throws -> PassOptions {
        try FlagName.checkFolder("--dump-after", dumpAfter)
        if let stranger = names.first(where: { !PipelineOptions.rules(of: pipelines).contains($0) }) {
            throw Refusal.usage("--disable \(stranger): none of \(pipelines.map(\.name).joined(separator: ", ")) has that rule")
        }
        return passOptions
    }

    private var passOptions: PassOptions {
        var made = PassOptions(disabled: Set(names), stopAfter: stopAfter, dumpAfter: dumpAfter.map(PipelineOptions.dump))
        made.fault = injectFault
        return made
    }

    /// What puts the rule to use.
    private static func place(of rule: String) -> String {
        if rules(of: [Plan.pipeline]).contains(rule) { return "it is of --stage lowered" }
        let precisions = Precision.allCases.filter { rules(of: ModelLoader.pipelines(PrecisionPolicy($0).withEveryRule)).contains(rule) }
        return "it is of \(precisions.map { "--precision \($0.rawValue)" }.joined(separator: " and of "))"
    }

    /// Writes `NN-step.ir` after each step.
    private static func dump(into folder: String) -> @Sendable (Int, String, Module) throws -> Void {
        { index, step, module in
            try Folders.make(folder)
            let name = String(format: "%02d-%@.ir", index + 1, step)
            try OutputFile.write(module.description, to: (folder as NSString).appendingPathComponent(name))
        }
    }
}

extension OptionValue {
    /// `rule` or `rule:number`
    static let fault: Reader<InjectedFault> = { text in
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !parts[0].isEmpty, let number = parts.count == 2 ? Int(parts[1]) : 1, number > 0 else {
            throw broken("RULE or RULE:N, such as fuse-gelu:2")
        }
        return InjectedFault(rule: parts[0], number: number)
    }
}
