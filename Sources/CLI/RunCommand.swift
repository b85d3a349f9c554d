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
            inspect' lists functions and inputs. Integers of any width serve where i64 is wanted, floats of any width where f32 is. \
            With --random the inputs are made from what the function declares: floats normal, ids within their tables, masks that hide \
            nothing; --bind gives sizes, --seed other numbers.

            Examples:
              tessera run tok_rgb.safetensors --function tokenize --inputs in --outputs out
              tessera run fm.safetensors --function encode --inputs in.npz --outputs out --format safetensors
              tessera run fm.safetensors --function encode --random --bind tokens=20 --outputs out
              tessera run fm.safetensors --function encode --inputs in --outputs out --disable fuse-attention --verbose
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to run.", valueName: "name"))
    var function: String

    @Option(help: ArgumentHelp("Folder with the inputs, or one file that holds them all.", valueName: "folder"))
    var inputs: String?

    @Flag(help: "Make random inputs instead.")
    var random = false

    @Option(parsing: .unconditional, help: "Seed of random inputs; default 0.", transform: OptionValue.seed)
    var seed: UInt64?

    @Option(help: ArgumentHelp("Folder for the outputs; made if missing.", valueName: "folder"))
    var outputs: String

    @Option(help: "How to write outputs: a .npy file each, or one outputs.safetensors.")
    var format = Format.npy

    @Option(
        help: ArgumentHelp("Size of a symbol that the inputs leave open, or of random inputs; may be repeated.", valueName: "name=size"),
        transform: OptionValue.binding)
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
        /// What random inputs are made of, by name.
        let randomInputs: [String: String]?
        let outputs: [Output]
        let compileSeconds, seconds: Double
        let weightBytes, workingBytes: Int
        let kernels, slowestNodes: [Profile.Row]?
    }

    func validate() throws {
        if random, inputs != nil { throw ValidationError("--random and --inputs exclude each other") }
        if !random, inputs == nil { throw ValidationError("missing expected argument '--inputs <folder>', or --random for random inputs") }
        if !random, seed != nil { throw ValidationError("--seed is for random inputs; give --random too") }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.precision)
        try FlagName.checkFolder("--outputs", outputs)
        try model.requireSingleModel()
        let clock = ContinuousClock()
        let start = clock.now
        let module = try model.imported().selecting([function])
        guard let graph = module.function(function) else { throw Refusal.usage("--function \(function): no such function") }
        try SizeBinding.checkFlag(bind, against: graph.symbols, of: "function '\(function)'")
        let (given, made) = try inputs.map { (try read($0, graph), nil) } ?? randomInputs(TypicalSizes(module), graph)
        let session = Session(try ModelLoader.plan(module, options, precision: compute.precision))
        let profile = global.verbose ? Profile() : nil
        if let profile { session.observer = { profile.add(kernel: $0, node: $1, isFirst: $2, nanoseconds: $3) } }
        let ready = clock.now
        let results = try execute(session, given, graph)
        let end = clock.now
        for (name, tensor) in results.sorted(by: { $0.key < $1.key }) where tensor.nonFiniteCount > 0 {
            Terminal.warn("\(tensor.nonFiniteCount) of \(tensor.count) values of '\(name)' are not finite (NaN or infinite)")
        }
        let files = try save(results)
        let report = Report(
            model: module.name, function: function, randomInputs: made,
            outputs: graph.outputs.compactMap { output in
                results[output.name].map { .init(name: output.name, type: $0.type.description, file: files[output.name] ?? "") }
            },
            compileSeconds: (ready - start).seconds, seconds: (end - ready).seconds, weightBytes: session.plan.weightBytes,
            workingBytes: session.peakArenaBytes, kernels: profile?.kernels, slowestNodes: profile.map { Array($0.nodes.prefix(10)) })
        if json { try Output.writeJSON(report) } else { show(report, profile) }
    }

    /// The inputs in files.
    /// - Throws: `TesseraError` for sizes of `--bind` that are not theirs.
    private func read(_ path: String, _ graph: Graph) throws -> [String: Tensor] {
        let given = try InputFitting.fit(FlagName.named("--inputs") { try TensorFolder.read(path) }, graph, from: path) {
            Terminal.warn($0)
        }
        let sizes = InputFitting.sizes(of: given, graph)
        if let wrong = bind.first(where: { sizes[$0.name] != nil && sizes[$0.name] != $0.size }), let size = sizes[wrong.name] {
            throw Refusal.usage("--bind \(wrong.name)=\(wrong.size): the inputs in \(path) have \(wrong.name)=\(size); leave it out")
        }
        return given
    }

    /// Inputs made for `graph`, and what they are made of.
    private func randomInputs(_ typical: TypicalSizes, _ graph: Graph) throws -> ([String: Tensor], [String: String]?) {
        let sizes = typical.binding(for: graph).merging(SizeBinding.table(bind)) { $1 }
        let maker = RandomInputs(graph, sizes, seed: seed ?? 0)
        let made = try graph.signature.inputs.map { (name: $0.name, made: try maker.make($0.name)) }
        for (name, made) in made { Terminal.note("\(name): \(made.tensor.type), \(made.text)") }
        return (
            Dictionary(made.map { ($0.name, $0.made.tensor) }) { $1 }, Dictionary(made.map { ($0.name, $0.made.text) }) { $1 }
        )
    }

    /// - Throws: `TesseraError` for inputs that do not fit, with the list of inputs.
    private func execute(_ session: Session, _ given: [String: Tensor], _ graph: Graph) throws -> [String: Tensor] {
        do {
            return try session.run(function, given, binding: SizeBinding.table(bind))
        } catch let error as BindingError {
            guard let inputs else { throw error }
            throw Refusal.content("\(inputs): \(error); the inputs of '\(function)' are:\n\(InputFitting.list(graph.signature.inputs))")
        } catch let error as RuntimeError where error.cause == .call {
            throw Refusal.content("\(inputs ?? "--random"): \(error)")
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
        Terminal.write(profile.text(width: Terminal.messageWidth))
    }
}
