import Tessera

extension ModelRepository {
    /// Reads a version, and lets it take the place of the one that serves.
    /// - Parameter joins: whether a reading under way will do, which may have begun before the file changed last.
    /// - Returns: why that was not possible.
    func read(_ key: Key, joins: Bool = false) async -> ServingError? {
        while let under = reads[key] {
            let fault = await under.task.value
            if reads[key]?.number == under.number { reads[key] = nil }
            if joins { return fault }
        }
        reading += 1
        let number = reading
        let task = Task { await self.readOnce(key, number) }
        reads[key] = (number, task)
        let fault = await task.value
        if reads[key]?.number == number { reads[key] = nil }
        return fault
    }

    private func readOnce(_ key: Key, _ number: Int) async -> ServingError? {
        guard let record = record(key) else { return .unknownModel(key.model) }
        let (file, settings) = (record.file, settings(key.model))
        tell(.loading, key, file.path)
        let estimate = max(file.bytes, record.description?.bytes ?? 0) - (record.served?.bytes ?? 0)
        guard makeRoom(for: estimate, sparing: key) else { return fail(key, file, budgetError(key, estimate)) }
        do throws(TesseraError) {
            let content = try await loader.load(file, settings, configuration.hooks)
            // Unloaded, or its file gone, in the meantime.
            guard reads[key]?.number == number, let before = self.record(key) else {
                return .notReady(model: key.model, reason: "it was unloaded")
            }
            let (served, description) = serve(content, file, settings, before.statistics)
            return enter(key, file, served, description)
        } catch { return fail(key, file, .failed(error)) }
    }

    private func budgetError(_ key: Key, _ bytes: Int) -> ServingError {
        let budget = configuration.memoryBudget ?? 0
        if bytes > budget {
            let text = "model '\(key.model)' takes \(bytes) bytes, and the memory budget is \(budget); raise the budget"
            return .failed(TesseraError(.outOfResources, text))
        }
        let text = "the memory budget of \(budget) bytes is in use by models with work in flight; try again, or raise the budget"
        return .notReady(model: key.model, reason: text)
    }

    private func serve(
        _ content: ModelLoader.Content, _ file: ModelFile, _ settings: ModelSettings, _ statistics: StatisticsCounter
    ) -> (any Served, ServedModelDescription) {
        let version = "\(file.version)"
        switch content {
        case .model(let model):
            let served = ServedModel(model, file.model, version: version, settings, statistics, configuration.hooks) { [weak self] in
                Task { await self?.keepBudget() }
            }
            return (served, ServedModelDescription(served))
        case .pipeline(let pipeline, let modalities):
            let served = ServedPipeline(
                file.model, version: version, pipeline, limit: settings.maxQueue, bytes: file.bytes, statistics)
            return (served, ServedModelDescription(served, modalities, settings))
        }
    }

    /// Puts what was read in its place; the one before ends when it has answered what it has.
    private func enter(_ key: Key, _ file: ModelFile, _ served: any Served, _ description: ServedModelDescription) -> ServingError? {
        let old = record(key)?.served
        if isDraining {
            served.close(isDraining: true)
            return .draining
        }
        guard makeRoom(for: served.bytes - (old?.bytes ?? 0), sparing: key) else {
            served.close(isDraining: false)
            return fail(key, file, budgetError(key, served.bytes))
        }
        update(key) { record in
            (record.state, record.note, record.read, record.description) = (.ready(served), "", file, description)
            record.statistics.note { $0.loads += 1 }
        }
        old?.close(isDraining: false)
        tell(.loaded, key, "\(served.bytes) bytes")
        return nil
    }

    /// What served goes on; what did not is unavailable, or, for want of memory, still dormant.
    private func fail(_ key: Key, _ file: ModelFile, _ error: ServingError) -> ServingError {
        update(key) { record in
            record.read = file
            switch record.state {
            case .ready: record.note = "its file was changed and could not be loaded; the model from before serves: \(error.description)"
            case .dormant where error.mayPass: record.note = error.description
            case .loading, .failed, .dormant: record.state = .failed(error)
            case .unloaded: break
            }
        }
        tell(.failed, key, error.description)
        return error
    }
}

extension ServingError {
    /// Whether it may go away without a change of the file.
    fileprivate var mayPass: Bool { if case .notReady = self { true } else { false } }
}
