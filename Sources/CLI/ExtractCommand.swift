import ArgumentParser
import Exporters
import Formats
import FourMModels
import IR
import Inspect
import Passes

/// `tessera extract`
struct ExtractCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extract",
        abstract: "Cut a part out of a function by the names of values, as text of the IR or as an ONNX model.",
        discussion: """
            Values are called as reports call them: an input or an output by its name, what a layer gives by the layer's name (of several nodes \
            of one name, the last), NODE:1 for a second result, %12 as --ir numbers them. --to names what the part gives, --from where it \
            begins; what it needs of the function's own inputs besides stays an input.

            Examples:
              tessera extract fm.safetensors --function encode --from encoder.0.norm1 --to encoder.0.mlp.fc2 -o block.ir
              tessera extract model.onnx --to /layer.0/output/Add -o start.onnx
              tessera extract fm.safetensors --function encode --stage clean --to encoder.0.attn -o attention.ir
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to cut; an ONNX model has but one.", valueName: "name"))
    var function: String?

    @Option(name: .customLong("from"), help: ArgumentHelp("A value that becomes an input; may be repeated.", valueName: "value"))
    var starts: [String] = []

    @Option(name: .customLong("to"), help: ArgumentHelp("A value that becomes a result; may be repeated.", valueName: "value"))
    var ends: [String] = []

    @Option(help: "How far to compile it first.")
    var stage = Stage.imported

    @Option(name: .shortAndLong, help: ArgumentHelp("Where to write it: .ir (text of the IR) or .onnx.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Size of a symbol of an ONNX model whose structure depends on its inputs; may be repeated.", valueName: "name=size"),
        transform: OptionValue.binding)
    var bind: [SizeBinding] = []

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Stage: String, ExpressibleByArgument, CaseIterable { case imported, clean }

    func validate() throws {
        if ends.isEmpty { throw ValidationError("missing expected argument '--to <value>': what the part is to give") }
        if let flag = rules.given ?? compute.given.first, stage == .imported {
            throw ValidationError("\(flag) needs --stage clean: no pipeline runs for --stage imported")
        }
        guard output.lowercased().hasSuffix(".onnx") || output.lowercased().hasSuffix(".ir") else {
            throw ValidationError("--output \(output): the file must end in .ir or .onnx")
        }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let options = try rules.options(compute.policy, isPlanned: false)
        let opened = try model.open(bind)
        let name = try opened.module.soleFunction(function)
        var module = try opened.module.selecting([name])
        if stage == .clean { module = try ModelLoader.cleaned(module, options, precision: compute.policy) }
        guard let graph = module.function(name) else { throw Refusal.usage("--function \(name): no such function") }
        let names = ValueNames(graph)
        let from = try FlagName.named("--from") { try starts.map { try names.value($0) } }
        let to = try FlagName.named("--to") { try ends.map { try names.value($0) } }
        let part = try cut(from, to, name, module)
        try write(part, name, opened.sources)
        let inputs = part.function(name)?.signature.inputs.map { "\($0.name): \($0.type)" } ?? []
        Terminal.note("\(part.function(name)?.nodeCount ?? 0) of \(graph.nodeCount) nodes; inputs \(inputs.joined(separator: ", "))")
    }

    private func cut(_ from: [ValueID], _ to: [ValueID], _ name: String, _ module: Module) throws -> Module {
        do { return try SubGraph.between(from, to, of: name, in: module) } catch let error as VerificationError {
            throw Refusal.content("the part cannot stand alone: \(error)")
        }
    }

    private func write(_ part: Module, _ name: String, _ sources: [WeightSource]) throws {
        if output.lowercased().hasSuffix(".onnx") {
            let made = try ONNXExporter.export(
                part, function: name, opset: ONNXExporter.defaultOpset, version: RootCommand.configuration.version)
            return try ONNXWriter.write(made, to: output, externalData: false)
        }
        try IRTextWriter.write(part, to: output, from: sources)
    }
}

extension Module {
    /// `name`, or the only function that there is for callers.
    /// - Throws: `TesseraError` that lists the functions.
    func soleFunction(_ name: String?) throws -> String {
        let names = entryPoints.map(\.name)
        if let name { return name }
        guard names.count == 1, let only = names.first else {
            throw Refusal.usage("missing expected argument '--function <name>'; the model has: \(names.joined(separator: ", "))")
        }
        return only
    }
}
