import Synchronization
import Tessera

/// A loaded version of a model: its functions and the queue of its calls.
final class ServedModel: Served {
    let name: String
    let version: String
    let platform: String
    let settings: ModelSettings
    let functions: [ServedFunction]
    let queue: RunQueue
    private let places: [String: Int]
    private let weightBytes: Int
    private let turn = Atomic<UInt64>(0)

    init(
        _ model: LoadedModel, _ name: String, version: String, _ settings: ModelSettings, _ statistics: StatisticsCounter,
        _ hooks: ServingHooks, didGrow: @escaping @Sendable () -> Void
    ) {
        (self.name, self.version, self.settings, platform) = (name, version, settings, model.platform)
        let compiled = model.compiled
        functions = compiled.functions.map { ServedFunction($0, settings, largestSizes: compiled.options.largestSizes) }
        places = Dictionary(functions.enumerated().map { ($1.name, $0) }) { first, _ in first }
        weightBytes = compiled.weightBytes
        queue = RunQueue(compiled, settings, statistics, name: name, hooks, didGrow: didGrow)
    }

    deinit { queue.close() }

    /// The functions as they are run: what gave other bits in a batch is not joined any more.
    var described: [ServedModelDescription.Function] {
        let refused = queue.monitor.withLock { queue.trials.refused }
        return functions.map { function in
            let isRefused = refused.contains(function.name)
            return ServedModelDescription.Function(
                function: function.description, maxBatch: isRefused ? 1 : function.maxBatch,
                unbatchedBecause: isRefused ? "rows computed together gave other bits than alone" : function.unbatchedBecause)
        }
    }

    var bytes: Int { weightBytes + queue.load.bytes }

    var load: (waiting: Int, running: Int) { (queue.load.waiting, queue.load.running) }

    var lastTurn: UInt64 { turn.load(ordering: .relaxed) }

    func touch(_ now: UInt64) { turn.store(now, ordering: .relaxed) }

    func close(isDraining: Bool) { queue.close() }

    func ended() async { await queue.ended() }

    func giveUpAll(_ error: ServingError) { queue.giveUpAll(error) }

    /// The request as a call of one of the functions.
    /// - Throws: ``ServingError`` for a function, input or output that there is not.
    func call(_ request: InferenceRequest, arrival: ContinuousClock.Instant) throws(ServingError) -> Call {
        let function = try function(request.function)
        var inputs = [String: Tensor](minimumCapacity: request.inputs.count)
        for input in request.inputs where inputs.updateValue(input.tensor, forKey: input.name) != nil {
            throw usage("input '\(input.name)' is given twice")
        }
        for input in request.inputs where input.tensor.count == 0 { try check(emptyInput: input) }
        try check(request.outputs, function)
        return Call(function, inputs, deadline: request.deadline, arrival: arrival)
    }

    /// A tensor of no elements comes without bytes, whatever its other sizes; what a model makes of these is as large as of a tensor that has them.
    private func check(emptyInput input: NamedTensor) throws(ServingError) {
        var product = 1
        for size in input.tensor.shape {
            let (larger, isTooLarge) = product.multipliedReportingOverflow(by: max(size, 1))
            guard !isTooLarge, larger <= ServedModel.mostEmpty else {
                let most = "its other sizes may be \(ServedModel.mostEmpty) together"
                throw usage("input '\(input.name)', \(input.tensor), has no elements: \(most)")
            }
            product = larger
        }
    }

    private static let mostEmpty = 1 << 24

    /// Each output once: an answer is no larger than what the function gives.
    private func check(_ outputs: [String], _ function: ServedFunction) throws(ServingError) {
        var seen: Set<String> = []
        for output in outputs {
            guard function.description.outputs.contains(where: { $0.name == output }) else {
                let known = function.description.outputs.map(\.name).joined(separator: ", ")
                throw usage("function '\(function.name)' has no output '\(output)'; it has: \(known)")
            }
            guard seen.insert(output).inserted else { throw usage("output '\(output)' is asked for twice") }
        }
    }

    private func function(_ name: String?) throws(ServingError) -> ServedFunction {
        if let name, let place = places[name] { return functions[place] }
        if name == nil, functions.count == 1 { return functions[0] }
        let known = functions.map(\.name).joined(separator: ", ")
        guard let name else { throw usage("the model has several functions; name one of: \(known)") }
        throw usage("there is no function '\(name)'; the model has: \(known)")
    }

    private func usage(_ text: String) -> ServingError { .failed(TesseraError(.usage, "model '\(name)': \(text)")) }

    /// What `request` asked for of the results of its call.
    func response(
        _ request: InferenceRequest, _ call: Call, _ outputs: [String: Tensor], queueTime: Duration, computeTime: Duration, rows: Int
    ) -> InferenceResponse {
        let names = request.outputs.isEmpty ? call.function.description.outputs.map(\.name) : request.outputs
        return InferenceResponse(
            model: name, version: version, function: call.function.name, id: request.id,
            outputs: names.compactMap { name in outputs[name].map { NamedTensor(name, $0) } }, queueTime: queueTime,
            computeTime: computeTime, batchSize: rows)
    }
}
