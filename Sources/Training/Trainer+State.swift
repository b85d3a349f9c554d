import IR
import Runtime

/// What a trainer holds, for others to look at, to keep and to put back.
extension Trainer {
    /// Copies of what is trained, by key.
    package var parameters: [String: Tensor] { byKey.mapValues { $0.shaped($0.weights) } }

    /// Copies of the buffers, by key.
    package var buffers: [String: Tensor] { bufferStates.mapValues { $0.snapshot() } }

    /// Copies of the moving averages of parameters and buffers, by key; empty without ``TrainerSettings/averageDecay``. Buffers that are no f32 are
    /// as they are.
    package var averages: [String: Tensor] {
        guard settings.averageDecay != nil else { return [:] }
        let own = byKey.compactMapValues { parameter in parameter.average.map(parameter.shaped) }
        return own.merging(bufferStates.map { ($0.key, (bufferAverages[$0.key] ?? $0.value).snapshot()) }) { $1 }
    }

    /// Gives a parameter another content. Its moments stay.
    /// - Throws: ``TrainingError`` if there is no such parameter, or `tensor` is of another type.
    package func setParameter(_ key: String, _ tensor: Tensor) throws {
        guard let parameter = byKey[key] else { throw TrainingError("'\(key)' is no parameter that is trained") }
        try check(tensor, "parameter '\(key)'", .f32, parameter.shape)
        parameter.weights.replace(by: tensor)
    }

    /// Gives a buffer another content.
    /// - Throws: ``TrainingError`` if there is no such buffer, or `tensor` is of another type.
    package func setBuffer(_ key: String, _ tensor: Tensor) throws {
        guard let buffer = bufferStates[key] else { throw TrainingError("'\(key)' is no buffer of the function") }
        try check(tensor, "buffer '\(key)'", buffer.dtype, buffer.shape)
        buffer.replace(by: tensor)
    }

    /// The function's module with the present parameters and buffers, or with their moving averages.
    /// - Throws: ``TrainingError`` if averages are asked for and there are none.
    package func module(averaged: Bool = false) throws -> Module {
        guard !averaged || settings.averageDecay != nil else { throw TrainingError("there are no averages without a decay for them") }
        var made = function.module
        for (key, tensor) in averaged ? averages : parameters.merging(buffers, uniquingKeysWith: { $1 }) {
            made.setConstant(Constant(key: key, tensor))
        }
        return made
    }

    /// A copy of all that a resume needs.
    package var state: TrainerState {
        var state = TrainerState(integers: ["batches": batches, "updates": updates, "pending": pending])
        for (name, entry) in entries { state.tensors[name] = entry.memory.snapshot().reshaped(entry.shape) }
        for parameter in order {
            state.integers["step." + parameter.key] = parameter.steps
            if parameter.hasTotal { state.tensors["gradient." + parameter.key] = parameter.shaped(parameter.held()) }
            if parameter.hasGradient { state.integers["has_gradient." + parameter.key] = 1 }
        }
        if pending > 0 {
            state.tensors["rates"] = Tensor([rates.learningRate, rates.weightDecay], [2], as: .f64)
        }
        return state
    }

    /// Goes on where a state was taken, with the same bits.
    /// - Throws: ``TrainingError`` naming what is missing, too much, or of another type; the trainer is then as it was.
    package func restore(_ state: TrainerState) throws {
        try check(state)
        for (name, entry) in entries { if let tensor = state.tensors[name] { entry.memory.replace(by: tensor) } }
        for parameter in order {
            parameter.steps = state.integers["step." + parameter.key] ?? 0
            let total = state.tensors["gradient." + parameter.key]
            if let total { parameter.held().replace(by: total) }
            parameter.hasTotal = total != nil
            parameter.hasGradient = state.integers["has_gradient." + parameter.key] == 1
        }
        (batches, updates) = (state.integers["batches"] ?? 0, state.integers["updates"] ?? 0)
        pending = state.integers["pending"] ?? 0
        if let values = state.tensors["rates"]?.doubles, values.count == 2 { rates = (values[0], values[1]) }
    }

    /// Memory that belongs to the state at any time, by the names there.
    private var entries: [String: (memory: StateTensor, shape: [Int])] {
        var entries: [String: (memory: StateTensor, shape: [Int])] = [:]
        for parameter in order {
            entries["parameter." + parameter.key] = (parameter.weights, parameter.shape)
            for (name, moment) in parameter.moments { entries["\(name).\(parameter.key)"] = (moment, parameter.shape) }
            if let average = parameter.average { entries["average." + parameter.key] = (average, parameter.shape) }
        }
        for (key, buffer) in bufferStates { entries["buffer." + key] = (buffer, buffer.shape) }
        for (key, average) in bufferAverages { entries["average." + key] = (average, average.shape) }
        return entries
    }

    private func check(_ state: TrainerState) throws {
        let known = entries
        for (name, entry) in known.sorted(by: { $0.key < $1.key }) {
            guard let tensor = state.tensors[name] else {
                throw TrainingError("the state has no '\(name)'; it is that of another model, other parameters or another optimizer")
            }
            try check(tensor, "'\(name)' of the state", entry.memory.dtype, entry.shape)
        }
        for (name, tensor) in state.tensors.sorted(by: { $0.key < $1.key }) where known[name] == nil && name != "rates" {
            guard name.hasPrefix("gradient."), let parameter = byKey[String(name.dropFirst("gradient.".count))] else {
                throw TrainingError("the state has a '\(name)' that this training does not know")
            }
            try check(tensor, "'\(name)' of the state", .f32, parameter.shape)
        }
        let counts = ["batches", "updates", "pending"] + order.map { "step." + $0.key }
        if let missing = counts.first(where: { (state.integers[$0] ?? -1) < 0 }) {
            throw TrainingError("the state has no count '\(missing)'")
        }
        guard (state.integers["pending"] ?? 0) < settings.accumulation else {
            throw TrainingError(
                "the state is in the middle of an update of more batches than \(settings.accumulation); accumulate as before")
        }
    }

    private func check(_ tensor: Tensor, _ what: String, _ dtype: DType, _ shape: [Int]) throws {
        guard tensor.dtype == dtype, tensor.shape == shape else {
            throw TrainingError("\(what) is \(tensor.type), not \(TensorType(dtype, shape.map { Dim($0) }))")
        }
    }
}
