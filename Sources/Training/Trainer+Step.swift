import IR
import Runtime

extension Trainer {
    /// One batch: a part of an update under accumulation.
    /// - Parameters:
    ///   - inputs: of the function, except for buffers.
    ///   - learningRate, weightDecay: values of the schedules at this batch; groups scale them. Under accumulation those of an update's first batch hold.
    ///   - absent: parameters that have no gradient in this batch, such as the head of a modality without targets. Those that have none in any batch of
    ///     an update are neither updated nor decayed, which is not what a gradient of zeros does.
    /// - Throws: as `Session.run`; after an error parameters may be partly updated, and only a state that was kept before goes on with the same bits.
    package func step(
        _ inputs: [String: Tensor], learningRate: Double, weightDecay: Double, without absent: Set<String> = []
    ) throws -> StepOutcome {
        if pending == 0 { rates = (learningRate, weightDecay) }
        let isLast = pending + 1 == settings.accumulation
        let outcome =
            try holdsGradients ? held(inputs, absent, isLast: isLast) : updatedAtOnce(inputs, absent)
        pending = isLast ? 0 : pending + 1
        if outcome.isUpdated { updates += 1 }
        if batches.isMultiple(of: settings.averageInterval) { try moveAverages() }
        batches += 1
        return outcome
    }

    /// Whether all gradients must be there before any is used.
    var holdsGradients: Bool {
        settings.accumulation > 1 || settings.clipNorm != nil || settings.skipNorm != nil || exchange != nil
    }

    /// Updates each parameter as soon as its gradient is there, so that no two gradients need memory at a time.
    private func updatedAtOnce(_ inputs: [String: Tensor], _ absent: Set<String>) throws -> StepOutcome {
        var squares = 0.0
        let results = try backward(inputs) { [self] parameter, gradient in
            if absent.contains(parameter.key) { return }
            squares += try optimizer.sumOfSquares(gradient)
            try update(parameter, by: gradient, scale: 1)
        }
        return StepOutcome(results: results, gradientNorm: squares.squareRoot(), isUpdated: true)
    }

    private func held(_ inputs: [String: Tensor], _ absent: Set<String>, isLast: Bool) throws -> StepOutcome {
        let results = try backward(inputs) { [self] parameter, gradient in
            try hold(gradient, of: parameter, isAbsent: absent.contains(parameter.key))
            if isLast, let exchange { try exchange.isComplete(parameter.key, parameter.held()) }
        }
        guard isLast else { return StepOutcome(results: results, gradientNorm: nil, isUpdated: false) }
        defer { for parameter in order { (parameter.hasTotal, parameter.hasGradient) = (false, false) } }
        let (norm, isUpdated) = try finishUpdate()
        return StepOutcome(results: results, gradientNorm: norm, isUpdated: isUpdated)
    }

    /// Results of a batch; `take` gets each gradient [n], in memory that is used again.
    private func backward(_ inputs: [String: Tensor], _ take: @escaping (TrainedParameter, Tensor) throws -> Void) throws -> [String:
        Tensor]
    {
        try gradient.run(inputs, parameters: byKey, buffers: bufferStates, seed: seed) { [self] key, gradient in
            guard let parameter = byKey[key], let flat = gradient.reshaped([parameter.count]) else {
                throw TrainingError("the gradient of '\(key)' is \(gradient.type), not of its parameter's shape")
            }
            try take(parameter, flat)
        }
    }

    private func hold(_ gradient: Tensor, of parameter: TrainedParameter, isAbsent: Bool) throws {
        let total = parameter.held()
        switch (parameter.hasTotal, isAbsent) {
        case (false, false): total.replace(by: gradient)
        case (false, true): total.replace(by: Tensor(zeros: .f32, [parameter.count]))
        case (true, false): try optimizer.add(gradient, to: total)
        case (true, true): break
        }
        parameter.hasTotal = true
        if !isAbsent { parameter.hasGradient = true }
    }

    /// Updates parameters by the gradients that were added up.
    private func finishUpdate() throws -> (norm: Double, isUpdated: Bool) {
        let own = Set(order.filter(\.hasGradient).map(\.key))
        let present = try exchange?.finish(own) ?? own
        let scale = (exchange?.scale ?? 1) / Double(settings.accumulation)
        let moving = order.filter { present.contains($0.key) }
        let squares = try moving.reduce(0.0) { $0 + (try $1.held().view.map(optimizer.sumOfSquares) ?? 0) }
        let norm = squares.squareRoot() * scale
        if settings.clipNorm == nil, let skip = settings.skipNorm, norm >= skip { return (norm, false) }
        // As `torch.nn.utils.clip_grad_norm_`.
        let factor = settings.clipNorm.map { min($0 / (norm + 1e-6), 1) } ?? 1
        for parameter in moving {
            if let total = parameter.held().view { try update(parameter, by: total, scale: scale * factor) }
        }
        return (norm, true)
    }

    private func update(_ parameter: TrainedParameter, by gradient: Tensor, scale: Double) throws {
        let group = function.groups[parameter.group]
        try optimizer.update(
            parameter, by: gradient, group.values(learningRate: rates.learningRate, weightDecay: rates.weightDecay), scale: scale)
    }

    private func moveAverages() throws {
        guard let decay = settings.averageDecay else { return }
        for parameter in order {
            if let average = parameter.average, let value = parameter.weights.view { try optimizer.move(average, to: value, decay: decay) }
        }
        for (key, average) in bufferAverages.sorted(by: { $0.key < $1.key }) {
            guard let flat = average.flat, let value = bufferStates[key]?.flat?.view else { continue }
            try optimizer.move(flat, to: value, decay: decay)
        }
    }
}
