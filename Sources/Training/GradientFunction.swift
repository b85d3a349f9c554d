import IR
import Passes
import Runtime

/// The gradient function of a trained function, compiled: parameters and buffers are its inputs.
final class GradientFunction {
    private let session: Session
    private let name: String
    private let loss: String
    /// Parameters that the function reads, and those whose gradients it gives.
    let read, differentiated: Set<String>
    /// Buffers that it reads; it gives all.
    let readBuffers: Set<String>
    private let buffers: Set<String>

    /// - Throws: `PassError` for an operator without a derivative, and a loss that depends on no parameter; ``TrainingError`` for a buffer that the
    ///   function does not give.
    init(_ function: TrainedFunction, _ products: ProductPrecision = .f32, threads: Int?) throws {
        (loss, buffers) = (function.loss, Set(function.buffers))
        let module = function.module.keeping(functions: [function.name])
        let request = GradientRequest(
            function: function.name, loss: loss, parameters: function.parameters.map { NamePattern(exactly: $0) }, takesParameters: true,
            keepsResults: true, buffers: buffers)
        let whole = try PassManager.run(module, .gradient(request, stage: module.stage)).module
        name = GradientRequest.functionPrefix + function.name
        let pipelines: [Pipeline] = products == .bf16 ? [.clean, .bf16Products] : [.clean]
        let clean = try PassManager.run(whole.keeping(functions: [name]), pipelines).module
        let plan = try Plan(clean)
        session = Session(plan, threads: threads)
        let graph = try plan.function(name)
        let inputs = Set(graph.inputs.compactMap { graph.inputName(of: $0) })
        let outputs = Set(graph.outputs.map(\.name))
        if let missing = function.buffers.first(where: { !outputs.contains($0) }) {
            throw TrainingError("function '\(function.name)' has no result '\(missing)', which would be the next content of that buffer")
        }
        read = inputs.intersection(function.parameters)
        differentiated = read.filter { outputs.contains(GradientRequest.prefix + $0) }
        readBuffers = inputs.intersection(buffers)
    }

    /// Results of one batch. Gradients go to `take`, each when it is complete and its parameter has been read for the last time; buffers get
    /// their next content.
    func run(
        _ inputs: [String: Tensor], parameters: [String: TrainedParameter], buffers: [String: StateTensor], seed: UInt64,
        take: @escaping (String, Tensor) throws -> Void
    ) throws -> [String: Tensor] {
        let states = buffers.filter { readBuffers.contains($0.key) }
        var results = try session.run(
            name, try all(inputs, parameters), states: states, seed: seed, handing: handing
        ) { name, gradient in try take(String(name.dropFirst(GradientRequest.prefix.count)), gradient) }
        for (key, buffer) in buffers {
            if let next = results.removeValue(forKey: key) { buffer.replace(by: next) }
        }
        return results
    }

    /// Results of one batch with gradients among them. Nothing changes.
    func evaluate(
        _ inputs: [String: Tensor], parameters: [String: TrainedParameter], buffers: [String: StateTensor], seed: UInt64
    ) throws -> [String: Tensor] {
        var given = try all(inputs, parameters)
        for (key, buffer) in buffers where readBuffers.contains(key) { given[key] = buffer.view }
        return try session.run(name, given, seed: seed).filter { !buffers.keys.contains($0.key) }
    }

    /// When gradients are handed on: as soon as they are there and their parameter is read no more.
    private var handing: Handing {
        differentiated.reduce(into: [:]) { $0[GradientRequest.prefix + $1] = .some($1) }
    }

    /// As ``evaluate(_:parameters:buffers:seed:)``; `onResult` is told each result of a node as soon as it is there.
    func probe(
        _ inputs: [String: Tensor], parameters: [String: TrainedParameter], buffers: [String: StateTensor], seed: UInt64,
        _ onResult: @escaping (NodeResult) throws -> Void
    ) throws {
        session.onResult = onResult
        defer { session.onResult = nil }
        _ = try evaluate(inputs, parameters: parameters, buffers: buffers, seed: seed)
    }

    /// Bytes that ``run(_:parameters:buffers:seed:take:)`` takes beside constants, parameters and buffers; nil where data decide sizes.
    func workingBytes(
        _ inputs: [String: Tensor], parameters: [String: TrainedParameter], buffers: [String: StateTensor]
    ) throws -> Int? {
        let graph = try session.plan.function(name)
        let own = try all(inputs, parameters)
        var binding: Binding = [:]
        for input in graph.inputs {
            guard let name = graph.inputName(of: input), let type = graph.valueType(of: input).tensor else { continue }
            guard let tensor = own[name] ?? buffers[name]?.view else {
                throw RuntimeError("function '\(graph.name)' needs the input '\(name)' of type \(type)")
            }
            try type.bind(tensor, named: "input '\(name)'", in: &binding)
        }
        let bytes = try session.workingBytes(name, binding: binding, states: readBuffers, handing: handing)
        return bytes.map { $0 - read.reduce(0) { $0 + (parameters[$1]?.count ?? 0) * 4 } }
    }

    /// Bytes of the constants that are read.
    var constantBytes: Int { session.plan.weightBytes }

    private func all(_ inputs: [String: Tensor], _ parameters: [String: TrainedParameter]) throws -> [String: Tensor] {
        var given = inputs
        for key in read { given[key] = parameters[key]?.view }
        return given
    }
}
