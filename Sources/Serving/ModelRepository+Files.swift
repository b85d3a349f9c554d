import Tessera

extension ModelRepository {
    /// Compares the files with what is known of them, and reads what is not, or is another.
    /// - Parameter fills: whether what does not fit the memory budget any more waits for its first request.
    func look(fills: Bool) async {
        let scan = await loader.scan(configuration)
        tell(folderFault: scan.fault)
        remove(except: scan)
        var changed: [Key] = []
        for file in scan.files {
            let key = Key(model: file.model, version: file.version)
            if record(key) == nil {
                if scan.isUnsure(of: file.model), records[file.model] != nil { continue }
                records[key.model, default: [:]][key.version] = VersionRecord(file)
                publish(key.model)
                changed.append(key)
            } else {
                update(key) { if !file.stamps.isEmpty || !file.isListed { $0.file = file } }
                if record(key)?.isOutdated == true { changed.append(key) }
            }
        }
        for key in changed {
            if isDraining { return }
            if fills, let budget = configuration.memoryBudget, let file = record(key)?.file, usedBytes + file.bytes > budget {
                update(key) { ($0.state, $0.note) = (.dormant, "not loaded, as the memory budget is used; the next request loads it") }
                continue
            }
            _ = await read(key)
        }
    }

    /// Tells of a folder of models that cannot be read, once.
    private func tell(folderFault fault: String?) {
        if let fault, fault != folderFault {
            configuration.log(RepositoryEvent(kind: .failed, model: configuration.folder ?? "", version: "", detail: fault))
        }
        folderFault = fault
    }

    /// Takes out of service what lies in the folder no more. Listed models stay: what was read of them is still there.
    private func remove(except scan: FolderScan) {
        let present = Set(scan.files.map { Key(model: $0.model, version: $0.version) })
        for record in sorted where !record.file.isListed && !scan.isUnsure(of: record.file.model) {
            let key = Key(model: record.file.model, version: record.file.version)
            if present.contains(key) { continue }
            records[key.model]?[key.version] = nil
            publish(key.model)
            record.served?.close(isDraining: false)
            tell(.unloaded, key, "its file is gone")
        }
    }

    /// Reads the model's files, whether or not they changed; the old one serves meanwhile.
    /// - Throws: ``ServingError``: `unknownModel`, `draining`, or why it could not be loaded.
    package func load(_ name: String) async throws(ServingError) {
        let scan = await loader.scan(configuration)
        if isDraining { throw .draining }
        let files = scan.files.filter { $0.model == name }
        if files.isEmpty, scan.isUnsure(of: name) { throw .notReady(model: name, reason: scan.fault ?? "its folder cannot be read") }
        if files.isEmpty { throw .unknownModel(name) }
        var first: ServingError?
        for file in files {
            let key = Key(model: name, version: file.version)
            if record(key) == nil { records[name, default: [:]][file.version] = VersionRecord(file) }
            update(key) { record in
                record.file = file
                if record.served == nil { record.state = .loading }
            }
            let fault = await read(key)
            first = first ?? fault
        }
        if let first { throw first }
    }

    /// Takes the model out of service: what is queued is still answered.
    /// - Throws: ``ServingError``: `unknownModel`.
    package func unload(_ name: String) async throws(ServingError) {
        guard let versions = records[name] else { throw .unknownModel(name) }
        for version in versions.keys.sorted() {
            let key = Key(model: name, version: version)
            let served = record(key)?.served
            reads[key] = nil
            update(key) { ($0.state, $0.note) = (.unloaded, "") }
            served?.close(isDraining: false)
            tell(.unloaded, key, "on request")
        }
    }
}
