import Tessera

/// Computes calls on one session, alone or joined. Serves one thread at a time.
final class BatchRunner {
    typealias Result = Swift.Result<[String: Tensor], TesseraError>

    /// Its place among the sessions of the queue.
    let number: Int
    private let session: Session
    /// Of the run at hand.
    private var token = CancellationToken()
    /// Memory of joined inputs, by function and input.
    private var stages: [String: [String: Stage]] = [:]

    init(_ session: Session, _ number: Int, _ model: String, _ hooks: ServingHooks) {
        (self.session, self.number) = (session, number)
        if let didStep = hooks.didStep { session.onStep = { _, _, _ in didStep(model) } }
    }

    /// Bytes that the session keeps beside the weights.
    var workingBytes: Int { session.workingBytes + stages.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.count } } }

    /// A token that is not cancelled, for the next run.
    func freshToken() -> CancellationToken {
        if token.isCancelled { token = CancellationToken() }
        return token
    }

    /// Runs one call.
    func alone(_ call: Call) -> Result {
        Result { () throws(TesseraError) in try session.run(call.function.name, call.inputs, cancellation: token) }
    }

    /// Runs all calls of a batch at once; nil if that fails, or results have not the rows of the inputs.
    func joined(_ batch: Batch) -> [[String: Tensor]]? {
        var inputs: [String: Tensor] = [:]
        for wanted in batch.function.description.inputs {
            guard let tensor = join(batch, wanted.name) else { return nil }
            inputs[wanted.name] = tensor
        }
        guard let outputs = try? session.run(batch.function.name, inputs, cancellation: batch.token) else { return nil }
        return split(outputs, batch)
    }

    private func join(_ batch: Batch, _ name: String) -> Tensor? {
        let parts = batch.calls.compactMap { $0.inputs[name] }
        guard let first = parts.first, parts.count == batch.calls.count else { return nil }
        let type = first.elementType
        let shape = [batch.rows] + first.shape.dropFirst()
        guard let count = type.byteCount(shape) else { return nil }
        let memory = stage(batch.function.name, name, count)
        var place = 0
        for part in parts {
            let isWhole = part.withUnsafeBytes { bytes in
                guard place + bytes.count <= count else { return false }
                UnsafeMutableRawBufferPointer(rebasing: memory[place..<(place + bytes.count)]).copyMemory(from: bytes)
                place += bytes.count
                return true
            }
            if !isWhole { return nil }
        }
        // The memory is kept longer than the run, which is all that reads the tensor.
        return place == count ? try? Tensor(borrowing: memory, type, shape) { _ in } : nil
    }

    /// The rows of each call.
    private func split(_ outputs: [String: Tensor], _ batch: Batch) -> [[String: Tensor]]? {
        var results = batch.calls.map { _ in [String: Tensor](minimumCapacity: outputs.count) }
        for (name, tensor) in outputs {
            let (type, shape) = (tensor.elementType, tensor.shape)
            guard shape.first == batch.rows, let row = type.byteCount([1] + shape.dropFirst()) else { return nil }
            var place = 0
            for (index, call) in batch.calls.enumerated() {
                let range = place..<(place + row * call.rows)
                let part = tensor.withUnsafeBytes { bytes -> Tensor? in
                    guard range.upperBound <= bytes.count else { return nil }
                    let slice = UnsafeRawBufferPointer(rebasing: bytes[range])
                    return try? Tensor(copying: slice, type, [call.rows] + shape.dropFirst())
                }
                guard let part else { return nil }
                results[index][name] = part
                place = range.upperBound
            }
        }
        return results
    }

    private func stage(_ function: String, _ input: String, _ count: Int) -> UnsafeMutableRawBufferPointer {
        if let stage = stages[function]?[input], stage.count >= count { return stage.prefix(count) }
        let made = Stage(count)
        stages[function, default: [:]][input] = made
        return made.prefix(count)
    }
}

/// Memory that inputs are joined in.
private final class Stage {
    private let memory: UnsafeMutableRawBufferPointer

    init(_ count: Int) { memory = .allocate(byteCount: max(count, 1), alignment: 64) }

    deinit { memory.deallocate() }

    var count: Int { memory.count }

    func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: memory[..<count]) }
}
