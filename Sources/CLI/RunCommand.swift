import ArgumentParser
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import Runtime

/// `tessera run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one function of a model on tensors in files.",
        discussion: """
            Inputs are .npy files called as the function's inputs, or .npz and .safetensors files that hold them by name. 'tessera \
            inspect' lists functions and inputs. Integers of any width serve where i64 is wanted, floats of any width where f32 is.

            Examples:
              tessera run tok_rgb.safetensors --function tokenize --inputs in --outputs out
              tessera run fm.safetensors --function encode --inputs in.npz --outputs out --format safetensors
              tessera run fm.safetensors --function encode --inputs in --outputs out --disable fuse-attention --verbose
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to run.", valueName: "name"))
    var function: String

    @Option(help: ArgumentHelp("Folder with the inputs, or one file that holds them all.", valueName: "folder"))
    var inputs: String

    @Option(help: ArgumentHelp("Folder for the outputs; made if missing.", valueName: "folder"))
    var outputs: String

    @Option(help: "How to write outputs: a .npy file each, or one outputs.safetensors.")
    var format = Format.npy

    @Option(help: ArgumentHelp("Size of a symbol that the inputs leave open; may be repeated.", valueName: "name=size"))
    var bind: [SizeBinding] = []

    @Flag(help: "Print JSON: outputs, seconds, memory and, with --verbose, the profile.")
    var json = false

    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Format: String, ExpressibleByArgument, CaseIterable { case npy, safetensors }

    struct Report: Encodable {
        struct Output: Encodable {
            let name, type, file: String
        }

        let model, function: String
        let outputs: [Output]
        let compileSeconds, seconds: Double
        let weightBytes, workingBytes: Int
        let kernels, slowestNodes: [Profile.Row]?
    }

    func run() throws {
        try global.apply()
        try model.requireSingleModel()
        let clock = ContinuousClock()
        let start = clock.now
        let module = try model.imported().selecting([function])
        guard let graph = module.function(function) else { throw Refusal.usage("--function \(function): no such function") }
        try SizeBinding.checkFlag(bind, against: graph.symbols, of: "function '\(function)'")
        let given = try InputFitting.fit(FlagName.named("--inputs") { try TensorFolder.read(inputs) }, graph, from: inputs) {
            Terminal.warn($0)
        }
        let session = Session(try Plan(ModelLoader.cleaned(module, rules.options, precision: compute.precision)))
        let profile = global.verbose ? Profile() : nil
        if let profile { session.observer = { profile.add(kernel: $0, node: $1, nanoseconds: $2) } }
        let ready = clock.now
        let results = try execute(session, given, graph)
        let end = clock.now
        for (name, tensor) in results.sorted(by: { $0.key < $1.key }) where tensor.nonFiniteCount > 0 {
            Terminal.warn("\(tensor.nonFiniteCount) of \(tensor.count) values of '\(name)' are not finite (NaN or infinite)")
        }
        let files = try save(results)
        let report = Report(
            model: module.name, function: function,
            outputs: graph.outputs.compactMap { output in
                results[output.name].map { .init(name: output.name, type: $0.type.description, file: files[output.name] ?? "") }
            },
            compileSeconds: (ready - start).seconds, seconds: (end - ready).seconds, weightBytes: session.plan.weightBytes,
            workingBytes: session.peakArenaBytes, kernels: profile?.kernels, slowestNodes: profile.map { Array($0.nodes.prefix(10)) })
        if json { try Output.writeJSON(report) } else { show(report, profile) }
    }

    /// - Throws: `TesseraError` for inputs that do not fit, with the list of inputs.
    private func execute(_ session: Session, _ given: [String: Tensor], _ graph: Graph) throws -> [String: Tensor] {
        do {
            return try session.run(function, given, binding: SizeBinding.table(bind))
        } catch let error as BindingError {
            throw Refusal.content("\(inputs): \(error); the inputs of '\(function)' are:\n\(InputFitting.list(graph.signature.inputs))")
        } catch let error as RuntimeError where error.cause == .call {
            throw Refusal.content("\(inputs): \(error)")
        }
    }

    private func save(_ results: [String: Tensor]) throws -> [String: String] {
        try Folders.make(outputs)
        guard format == .safetensors else { return try TensorFolder.writeNumpy(results, to: outputs) }
        let path = outputs + "/outputs.safetensors"
        try SafeTensorsWriter.write(results, to: path)
        return results.mapValues { _ in path }
    }

    private func show(_ report: Report, _ profile: Profile?) {
        Output.table([], report.outputs.map { [$0.name, $0.type, $0.file] })
        guard let profile else { return }
        Terminal.note(
            "\ncompiled in \(ProgressBar.time(report.compileSeconds)), ran in \(ProgressBar.time(report.seconds))"
                + " on \(Machine.threads) threads (\(Machine.active.name))")
        Terminal.note(
            "peak memory \(Human.bytes(report.weightBytes + report.workingBytes)): weights "
                + "\(Human.bytes(report.weightBytes)) + working memory \(Human.bytes(report.workingBytes))\n")
        Terminal.write(profile.text)
    }
}
