extension ModelRepository {
    /// File, folder or Hub name of the version that serves, for those who look into it.
    /// - Throws: ``ServingError``: `unknownModel`, `notReady`.
    package func path(_ name: String) throws(ServingError) -> String {
        let found = try routes.find(name, nil)
        guard let record = record(Key(model: name, version: found.version)) else { throw .unknownModel(name) }
        return (record.read ?? record.file).path
    }
}
