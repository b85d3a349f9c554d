import ArgumentParser
import Artifact
import Formats
import FourM
import FourMModels
import IR
import Importers
import Inspect
import Names
import ONNXSessions
import Passes
import Runtime

/// `tessera inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Look inside a model: parameters, modalities, functions, cost, IR text.",
        discussion: """
            The weights are mapped, not read, so that the summary of a large checkpoint is there at once. The stages clean and \
            lowered run the pipeline first, which computes what depends on weights alone. Functions of one kind are shown together; \
            --verbose shows each.

            Of a bundle: its parts with their size and memory, whether each can be read and fits the others (exit code 1 if one does not), \
            what goes in and how to give it, and what comes out in which files.

            Of an ONNX file that cannot be compiled: what it says of itself, and then why not.

            Of tensors that are no model (.npy, .npz, .pb as in ONNX tests, a folder of those, a checkpoint of no known family): \
            what their numbers are like.

            Examples:
              tessera inspect fm.safetensors
              tessera inspect fm.safetensors --bind batch=4 --bind tokens=512
              tessera inspect fm.safetensors --ir --function encode --stage clean
              tessera inspect fm.safetensors --stage clean --precision int8
              tessera inspect fm.pth --lora style.safetensors:0.8
              tessera inspect model.onnx --stage clean
              tessera inspect model.onnx --inputs test_data_set_0
              tessera inspect fm.safetensors --cost --function encode --stage lowered
              tessera inspect fm.safetensors --ops
              tessera inspect fm.safetensors --node 'encoder.0.*' --stage clean
              tessera inspect fm.safetensors --around encoder.0.attn 2 --function encode --stage clean
              tessera inspect fm.safetensors --passes --function encode
              tessera inspect fm.safetensors --diff imported --function encode
              tessera inspect fm.safetensors --diff other.safetensors --stage imported
              tessera inspect fm.safetensors --memory --svg memory.svg
              tessera inspect fm.safetensors --weights --sort int8 --top 20
              tessera inspect fm.safetensors --weights --node encoder.0.norm1.weight --values --save weights
              tessera inspect model.onnx --lint
              tessera inspect fm.safetensors --html fm.html
              tessera inspect fm.safetensors --function encode --dot encode.dot --edges --direction right
              tessera inspect fm.tess --verify
              tessera inspect shapes.tess --verify
              tessera inspect shapes.tess/fm.tess
              tessera inspect features.npy
              tessera inspect test_data_set_0 --values
              tessera inspect Models/shapes
              tessera inspect Models/shapes --json
            """)

    @OptionGroup var model: ModelArgument

    @Flag(help: "Print the module's IR text instead of the summary.")
    var ir = false

    @Option(
        name: .customLong("stage"),
        help: "How far to compile it first; default: imported, of --html, --dot, --passes and --diff clean, of --cost lowered.")
    var givenStage: Stage?

    private var stage: Stage { givenStage ?? (reports.cost ? .lowered : page.given != nil || reports.isOfStages ? .clean : .imported) }

    @Option(help: ArgumentHelp("Look at this function only.", valueName: "name"))
    var function: String?

    @Option(
        help: ArgumentHelp("Size of a symbol for work and memory, instead of the typical one; may be repeated.", valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    @Option(
        help: ArgumentHelp(
            "Inputs, in a folder or file as run takes them, for an ONNX model whose structure depends on them.", valueName: "folder"))
    var inputs: String?

    @Flag(help: "Look at every byte of a compiled model: exit code 1 if a checksum does not fit.")
    var verify = false

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var reports: ReportOptions
    @OptionGroup var page: PageOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Stage: String, ExpressibleByArgument, CaseIterable { case imported, clean, lowered }

    func validate() throws {
        if ir && json { throw ValidationError("--ir and --json exclude each other: IR text is no JSON") }
        try page.check(json: json, ir: ir, reports)
        if !isOfTensors { try reports.checkTensorFlags() }
        if reports.passes, stage == .imported {
            throw ValidationError("--passes needs --stage clean or lowered: no pipeline runs for imported")
        }
        let flag = rules.given ?? compute.given.first
        if let flag, stage == .imported, !reports.memory {
            throw ValidationError("\(flag) needs --stage clean or lowered: no pipeline runs for --stage imported")
        }
        if ir, let kind = reports.kind { throw ValidationError("--ir and \(kind.rawValue) are two reports; give one of them") }
        if reports.weights, !bind.isEmpty { throw ValidationError("--bind is for work and memory; weights have their sizes") }
        if ir, !bind.isEmpty { throw ValidationError("--bind is for work and memory of the summary; IR text keeps its symbols") }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy, isPlanned: stage == .lowered || reports.memory)
        try compute.policy.requireRanges()
        try page.checkFiles()
        if isOfTensors { return try showTensors() }
        if model.isBundle {
            let isOfOneModel =
                ir || reports.kind != nil || page.given != nil || function != nil || model.given != nil
                || stage != .imported || !bind.isEmpty || inputs != nil
            if isOfOneModel { try model.requireSingleModel() }
            return try show(FourM.Bundle(path: model.model))
        }
        if let artifact = try model.artifact(compute, rules), inputs == nil { return try show(artifact) }
        if try showLintOfONNX() { return }
        if verify { throw Refusal.usage("--verify is for compiled models; \(model.model) is none, and has no checksums") }
        guard let opened = try open() else { return }
        try show(opened.module, files: opened.files, options, onnx: opened.onnx, isStored: opened.isStored)
    }

    /// The model as imported; nil where all was printed that there is to say, of tensors that are no model. Of an ONNX file that cannot be
    /// imported, what it says of itself, or the picture of its own nodes that was asked for, is written first.
    private func open() throws -> OpenModel? {
        if inputs != nil, try model.onnxFile() == nil { throw Refusal.usage("--inputs is for ONNX models; \(model.model) is none") }
        do { return try model.open(bind, inputs: inputs) } catch {
            if try showLooseTensors(after: error) { return nil }
            let isSummary = !ir && reports.kind == nil && page.given == nil && function == nil
            guard isSummary || page.given != nil, let (report, file) = ONNXFileReport.file(of: model, after: error) else { throw error }
            if page.given != nil {
                try page.write(FileGraphs(file, after: error), report, of: model.model, function: function, node: reports.node)
            } else if json {
                try Output.writeJSON(report)
            } else {
                Output.write(report.text(width: Terminal.outputWidth) { Terminal.styled($0, .bold) } + "\n")
            }
            throw error
        }
    }

    /// A compiled model: the summary with its origin, or its text.
    private func show(_ artifact: Artifact) throws {
        if let givenStage, givenStage != .imported {
            throw Refusal.usage("--stage: \(model.model) is compiled, so lowered is its only stage")
        }
        if verify {
            try artifact.verify()
            Terminal.note("\(artifact.path): all checksums fit")
        }
        if !json && !ir && reports.kind == nil && page.given == nil { Output.write(ArtifactText.text(of: artifact)) }
        let packedBytes = artifact.packed.weights.reduce(0) { $0 + $1.bytes.count }
        try show(
            artifact.packed.module, files: [artifact.path], PassOptions(), packedBytes: packedBytes, working: planner(artifact),
            session: { _ in Session(try artifact.plan()) }
        ) { _ in true }
    }

    /// What the memory planner tells of calls, where no weights have to be packed for that.
    private func planner(_ artifact: Artifact) throws -> (String, Binding) -> Int? {
        if artifact.packed.module.largestSizes.isEmpty || !artifact.packed.isForThisMachine { return { _, _ in nil } }
        let session = Session(try artifact.plan())
        return { try? session.workingBytes($0, binding: $1) }
    }

    /// - Parameter isStored: whether a constant is in the files.
    private func show(
        _ imported: Module, files: [String], _ options: PassOptions, onnx: ONNXSourceMap? = nil, packedBytes: Int = 0,
        working: (String, Binding) -> Int? = { _, _ in nil }, session: (([String]) throws -> Session)? = nil, isStored: (String) -> Bool
    ) throws {
        let (module, origins) = try compiled(imported, options, isONNX: onnx != nil)
        let onnxOrigins = onnx.map { ONNXOrigins($0, origins) }
        if let kind = reports.kind, page.given == nil {
            let source = Inspection.Source(
                module: try function.map { try imported.selecting([$0]) } ?? imported, model: model.model, stage: stage.rawValue,
                options: options, precision: compute.policy)
            let inspection = Inspection(
                options: reports, source: source, function: function, sizes: bind, json: json, isVerbose: global.verbose,
                onnx: onnxOrigins)
            func planned(_ functions: [String]) throws -> Session {
                let kept = functions.isEmpty ? imported : try imported.selecting(functions)
                return Session(try ModelLoader.plan(kept, options, precision: compute.policy))
            }
            return try inspection.show(kind, module, session: session ?? planned, isStored: isStored)
        }
        if ir { return Output.write(IRColors.colored(function == nil ? module.description : module.functions.map(\.description).joined())) }
        let report = try FlagName.named("--bind") {
            try ModelReport(
                module, of: imported, files: files, isStored: isStored, sizes: bind, packedBytes: packedBytes, working: working,
                peaks: peaks(of: module), lint: lintNotes(of: imported))
        }
        if page.given != nil {
            try page.write(
                module, report, of: model.model, function: function, node: reports.node, origins: origins, onnx: onnxOrigins)
        } else if json {
            try Output.writeJSON(report)
        } else {
            let text = report.text(groupingFunctions: !global.verbose, width: Terminal.outputWidth) { Terminal.styled($0, .bold) }
            Output.write(text)
        }
    }

    /// Of the products that `module` may have.
    private func peaks(of module: Module) -> MachinePeaks { module.stage == .imported ? .measured([.f32]) : .measured() }

    /// Holds the bytes of a bundle's compiled models against their checksums.
    /// - Throws: `CheckpointError` naming the first that is damaged; `TesseraError` if none is compiled.
    private func verify(_ bundle: FourM.Bundle) throws {
        if let archive = bundle.archive {
            try archive.verify()
        } else {
            let compiled = try bundle.compiledParts
            if compiled.isEmpty { throw Refusal.usage("--verify is for compiled models; \(model.model) has none, and no checksums") }
            for part in compiled { try Artifact(path: bundle.resolve(part.source)).verify() }
        }
        Terminal.note("\(model.model): all checksums fit")
    }

    /// - Throws: `TesseraError` if a part of the bundle cannot be used.
    private func show(_ bundle: FourM.Bundle) throws {
        if verify { try verify(bundle) }
        let report = BundleReport(bundle) { Refusal.text(of: $0) }
        if json {
            try Output.writeJSON(report)
        } else {
            Output.write(report.text(width: Terminal.outputWidth) { Terminal.styled($0, .bold) })
        }
        let broken = report.parts.filter { $0.problem != nil }
        if broken.isEmpty { return }
        let names = broken.map { "the \($0.role)" + ($0.modality.map { " of '\($0)'" } ?? "") }.joined(separator: ", ")
        throw Refusal.content("bundle '\(report.name)': \(names) cannot be used; the reasons are above")
    }

    /// In the stage that was asked for; for a page, and for nodes from an ONNX file, with what its nodes were fused from.
    private func compiled(_ imported: Module, _ options: PassOptions, isONNX: Bool) throws -> (module: Module, origins: NodeOrigins?) {
        let isBody = function.flatMap { imported.function($0) }?.isPrivate ?? false
        // Pipelines know a body by what calls it.
        let module = try isBody ? imported : function.map { try imported.selecting([$0]) } ?? imported
        try compute.policy.requireFits([module])
        // A compiled model is what it is.
        let isCompiled = module.stage == .lowered && (givenStage == nil || !module.hasAllData)
        guard !isCompiled, let target = Module.Stage(rawValue: stage.rawValue), target != .imported else {
            return (try function.map { try module.selecting([$0]) } ?? module, nil)
        }
        var recording = options
        recording.recordsOrigins = page.html != nil || isONNX && (page.given != nil || reports.kind == .node || reports.kind == .around)
        let result = try ModelLoader.rewritten(module, to: target, recording, precision: compute.policy)
        guard isBody, let function else { return (result.module, result.origins) }
        guard result.module.function(function) != nil else {
            throw Refusal.usage(
                "--function \(function): in stage '\(stage.rawValue)' nothing calls it any more; give --stage imported to see it")
        }
        return (try result.module.selecting([function]), result.origins)
    }
}

extension Module {
    /// Whether no constant lacks its data, as those do that a compiled model has packed.
    fileprivate var hasAllData: Bool { constants.values.allSatisfy { $0.bytes != nil } }

    /// The module with these functions alone and the constants they read.
    /// - Throws: `TesseraError` that lists the functions there are.
    func selecting(_ names: [String]) throws -> Module {
        if let stranger = names.first(where: { function($0) == nil }) {
            throw Refusal.usage("--function \(stranger): model '\(name)' has no such function; \(hint(stranger))")
        }
        return keeping(functions: Set(names))
    }

    private func hint(_ stranger: String) -> String {
        let known = functions.map(\.name)
        // As the summary shows functions of one kind.
        let kind = stranger.hasSuffix(".*") ? known.filter { $0.hasPrefix(stranger.dropLast()) } : []
        if !kind.isEmpty { return "name one of \(kind.joined(separator: ", "))" }
        return NearNames.hint(stranger, in: known, otherwise: "it has: \(known.joined(separator: ", "))")
    }
}
