import Files
import Formats
import Foundation
import FourMModels
import IR
import Importers
import Inspect
import ONNXSessions
import Runtime

/// `tessera run MODEL.onnx`: inputs by name or by position, results in the form of the inputs.
struct ONNXRun {
    let command: RunCommand
    let session: ONNXSession
    private var source: ONNXInputs { ONNXInputs(session: session) }
    /// Inputs as ONNX test folders hold them were given, so that outputs are written like that.
    private var isNumbered = false

    /// - Throws: `CheckpointError` for a file that cannot be read.
    init(_ command: RunCommand, _ file: String) throws {
        self.command = command
        let options = try command.rules.options(command.compute.policy)
        try command.compute.policy.requireRanges()
        session = ONNXSession(try ONNXModel(path: file), pipelines: ModelLoader.pipelines(command.compute.policy), options: options)
    }

    mutating func run() throws {
        let clock = ContinuousClock()
        try session.checkOperators()
        let (given, made) = try command.call.random ? randomInputs() : (inputs(), nil)
        let profile = command.global.verbose ? Profile() : nil
        if let profile { session.observer = { profile.add(kernel: $0, node: $1, isFirst: $2, nanoseconds: $3) } }
        let watcher = try command.steps.watcher()
        if let watcher { session.onResult = { try watcher.look(at: $0) } }
        let start = clock.now
        let results = try execute(given)
        let end = clock.now
        try watcher.map { try command.steps.finish($0) }
        for warning in session.warnings { Terminal.warn(warning) }
        warnOfNonFinite(results)
        let files = try save(results)
        let ports = zip(session.outputs, results).enumerated().map { index, pair in
            RunCommand.Report.Output(name: pair.0.name, type: pair.1.kind, file: files[index])
        }
        let report = RunCommand.Report(
            model: session.name, function: ONNXImporter.functionName, randomInputs: made, outputs: ports,
            compileSeconds: session.compileSeconds, seconds: max((end - start).seconds - session.compileSeconds, 0),
            weightBytes: session.weightBytes, workingBytes: session.workingBytes, kernels: profile?.kernels,
            slowestNodes: profile.map { Array($0.nodes.prefix(10)) })
        if command.json { try Output.writeJSON(report) } else { command.show(report, profile) }
    }

    /// - Throws: `TesseraError` for inputs that do not fit, with the list of inputs.
    private func execute(_ given: [String: Datum]) throws -> [Datum] {
        do {
            return try session.run(given, seed: command.call.seed ?? 0, binding: command.call.binding)
        } catch let error as BindingError {
            guard !command.call.random else { throw error }
            let place = command.call.inputs ?? command.input.map(\.path).joined(separator: ", ")
            throw Refusal.content("\(place): \(error); the inputs of the model are:\n\(source.list)")
        }
    }

    // MARK: Inputs

    private mutating func inputs() throws -> [String: Datum] {
        var given: [String: Datum] = [:]
        if let path = command.call.inputs { (given, isNumbered) = try source.read(path) }
        for item in command.input {
            guard let declared = session.model.graph.inputs.first(where: { $0.name == item.name }) else {
                throw Refusal.usage("--input \(item.name): the model has no such input; it has:\n\(source.list)")
            }
            given[item.name] = try FlagName.named("--input") { try source.value(item.path, declared) }
        }
        return try source.fitted(given)
    }

    private func randomInputs() throws -> ([String: Datum], [String: String]?) {
        let module = try session.symbolicModule()
        guard let graph = module.function(ONNXImporter.functionName) else { return ([:], nil) }
        if let item = graph.signature.inputs.first(where: { !$0.type.isTensor }) {
            throw Refusal.content("--random: input '\(item.name)' is \(item.type); give it with --input \(item.name)=FILE.pb")
        }
        let given = try command.call.tensors(for: graph, of: module)
        given.tell()
        return (given.tensors.mapValues { .tensor($0) }, given.texts)
    }

    // MARK: Outputs

    private func warnOfNonFinite(_ results: [Datum]) {
        for (output, value) in zip(session.outputs, results) {
            guard let tensor = value.tensor, tensor.dtype.isFloat, tensor.nonFiniteCount > 0 else { continue }
            Terminal.warn("\(tensor.nonFiniteCount) of \(tensor.count) values of '\(output.name)' are not finite (NaN or infinite)")
        }
    }

    /// Writes results and gives each one's file.
    private func save(_ results: [Datum]) throws -> [String] {
        try Folders.make(command.outputs)
        let format = command.format ?? (isNumbered ? .pb : .npy)
        if format == .pb {
            return try results.enumerated().map { index, value in
                let file = "\(command.outputs)/output_\(index).pb"
                try OutputFile.write(ONNXValueFile.bytes(value, named: session.outputs[index].name), to: file)
                return file
            }
        }
        var tensors: [String: Tensor] = [:]
        for (output, value) in zip(session.outputs, results) {
            guard let tensor = value.tensor, tensor.dtype != .string else {
                throw Refusal.content("output '\(output.name)' is \(value.kind), which only --format pb can hold")
            }
            tensors[output.name] = tensor
        }
        if format == .safetensors {
            let path = command.outputs + "/outputs.safetensors"
            try SafeTensorsWriter.write(tensors, to: path)
            return results.map { _ in path }
        }
        let files = try TensorFolder.writeNumpy(tensors, to: command.outputs)
        return session.outputs.map { files[$0.name] ?? "" }
    }
}
