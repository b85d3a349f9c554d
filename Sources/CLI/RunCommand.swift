import ArgumentParser
import Artifact
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import Passes
import Runtime

/// `tessera run`
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run one function of a model on tensors in files.",
        discussion: """
            Of an ONNX model, inputs may also be input_0.pb, input_1.pb, … in the order of the graph's inputs, as the ONNX tests have them; \
            outputs are then output_0.pb, …. --input NAME=FILE gives one input (.npy, .npz, .safetensors, .pb). Exit code 3: the model \
            asks for what is not supported; the list is the error.

            Inputs are .npy files called as the function's inputs, or .npz and .safetensors files that hold them by name. 'tessera \
            inspect' lists functions and inputs. Integers of any width serve where i64 is wanted, floats of any width where f32 is. \
            With --random the inputs are made from what the function declares: floats normal, ids within their tables, masks that hide \
            nothing; --bind gives sizes, --seed other numbers.

            Examples:
              tessera run tok_rgb.safetensors --function tokenize --inputs in --outputs out
              tessera run fm.safetensors --function encode --inputs in.npz --outputs out --format safetensors
              tessera run model.onnx --input image=photo.npy --outputs out
              tessera run model.onnx --random --bind batch=1 --outputs out
              tessera run fm.safetensors --function encode --random --bind tokens=20 --outputs out
              tessera run fm.safetensors --function encode --inputs in --outputs out --disable fuse-attention --verbose
              tessera run fm.safetensors --function encode --inputs in --outputs out --check-finite --watch 'encoder.0.*'
            """)

    @OptionGroup var model: ModelArgument

    @Option(help: ArgumentHelp("The function to run; an ONNX model has but one.", valueName: "name"))
    var function: String?

    @OptionGroup var call: CallOptions

    @Option(
        help: ArgumentHelp("One input of an ONNX model; may be repeated.", valueName: "name=file"), transform: OptionValue.inputFile)
    var input: [InputFileFlag] = []

    @Option(help: ArgumentHelp("Folder for the outputs; made if missing.", valueName: "folder"))
    var outputs: String

    @Option(help: "How to write outputs: a .npy file each (default), one outputs.safetensors, or output_0.pb, … of an ONNX model.")
    var format: Format?

    @Flag(help: "Print JSON: outputs, seconds, memory and, with --verbose, the profile.")
    var json = false

    @OptionGroup var steps: StepOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var rules: PipelineOptions
    @OptionGroup var global: GlobalOptions

    enum Format: String, ExpressibleByArgument, CaseIterable { case npy, safetensors, pb }

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
        if input.isEmpty { return try call.requireChoice() }
        if call.random { throw ValidationError("--random and --input exclude each other") }
        if call.seed != nil { throw ValidationError("--seed is for random inputs; leave out --seed, or --input") }
    }

    func run() throws {
        try global.apply()
        let options = try rules.options(compute.policy)
        try FlagName.checkFolder("--outputs", outputs)
        try model.requireSingleModel()
        if let artifact = try model.artifact(compute, rules) { return try run(artifact) }
        if let file = try model.onnxFile() {
            if let function, function != ONNXImporter.functionName {
                throw Refusal.usage("--function \(function): an ONNX model has one function, \(ONNXImporter.functionName)")
            }
            var run = try ONNXRun(self, file)
            return try run.run()
        }
        try refuseONNXFlags()
        let start = ContinuousClock.now
        let (module, functions) = try model.selected(function.map { [$0] } ?? [])
        try compute.policy.requireFits([module])
        try run(functions[0], module, from: start) { try ModelLoader.plan(module, options, precision: compute.policy) }
    }

    private func refuseONNXFlags() throws {
        if !input.isEmpty { throw Refusal.usage("--input is for ONNX models; give a folder or a file with --inputs") }
        if format == .pb { throw Refusal.usage("--format pb is for ONNX models; take npy or safetensors") }
    }

    private func run(_ artifact: Artifact) throws {
        try refuseONNXFlags()
        let start = ContinuousClock.now
        let plan = try artifact.plan()
        let function = try plan.module.soleFunction(function)
        try run(function, plan.module.selecting([function]), from: start) { plan }
    }

    /// - Parameter module: for looking at its inputs; `plan` gives what runs.
    private func run(_ function: String, _ module: Module, from start: ContinuousClock.Instant, _ plan: () throws -> Plan) throws {
        let clock = ContinuousClock()
        guard let graph = module.function(function) else { throw Refusal.usage("--function \(function): no such function") }
        let given = try call.tensors(for: graph, of: module)
        given.tell()
        let session = Session(try plan())
        let profile = global.verbose ? Profile() : nil
        if let profile { session.observer = { profile.add(kernel: $0, node: $1, isFirst: $2, nanoseconds: $3) } }
        let watcher = try steps.watcher()
        watcher?.listen(to: session)
        if steps.checkFinite { StepOptions.warn(of: given.tensors) }
        let ready = clock.now
        let results = try execute(session, function, given.tensors, graph)
        let end = clock.now
        try watcher.map { try steps.finish($0) }
        for (name, tensor) in results.sorted(by: { $0.key < $1.key }) where tensor.nonFiniteCount > 0 {
            Terminal.warn("\(tensor.nonFiniteCount) of \(tensor.count) values of '\(name)' are not finite (NaN or infinite)")
        }
        let files = try save(results)
        let report = Report(
            model: module.name, function: function, randomInputs: given.texts,
            outputs: graph.outputs.compactMap { output in
                results[output.name].map { .init(name: output.name, type: $0.type.description, file: files[output.name] ?? "") }
            },
            compileSeconds: (ready - start).seconds, seconds: (end - ready).seconds, weightBytes: session.plan.weightBytes,
            workingBytes: session.peakArenaBytes, kernels: profile?.kernels, slowestNodes: profile.map { Array($0.nodes.prefix(10)) })
        if json { try Output.writeJSON(report) } else { show(report, profile) }
    }

    /// - Throws: `TesseraError` for inputs that do not fit, with the list of inputs.
    private func execute(_ session: Session, _ function: String, _ given: [String: Tensor], _ graph: Graph) throws -> [String: Tensor] {
        do {
            return try session.run(function, given, binding: call.binding)
        } catch let error as BindingError {
            guard let inputs = call.inputs else { throw error }
            throw Refusal.content("\(inputs): \(error); the inputs of '\(function)' are:\n\(InputFitting.list(graph.signature.inputs))")
        } catch let error as RuntimeError where error.cause == .call {
            throw Refusal.content("\(call.inputs ?? "--random"): \(error)")
        }
    }

    private func save(_ results: [String: Tensor]) throws -> [String: String] {
        try Folders.make(outputs)
        guard format == .safetensors else { return try TensorFolder.writeNumpy(results, to: outputs) }
        let path = outputs + "/outputs.safetensors"
        try SafeTensorsWriter.write(results, to: path)
        return results.mapValues { _ in path }
    }

    func show(_ report: Report, _ profile: Profile?) {
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

/// `--input name=file`
struct InputFileFlag {
    let name, path: String
}

extension OptionValue {
    /// `name=file`; the name may hold further equals signs only if the file does not.
    static let inputFile: Reader<InputFileFlag> = { text in
        guard let place = text.firstIndex(of: "="), place != text.startIndex, text.index(after: place) < text.endIndex else {
            throw broken("NAME=FILE, an input of the model and a file that holds it, such as image=photo.npy")
        }
        return InputFileFlag(name: String(text[..<place]), path: String(text[text.index(after: place)...]))
    }
}
