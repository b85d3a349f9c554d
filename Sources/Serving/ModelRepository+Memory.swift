import Tessera

extension ModelRepository {
    /// Bytes of everything that is loaded.
    var usedBytes: Int { sorted.reduce(0) { $0 + ($1.served?.bytes ?? 0) } }

    /// Evicts what was used least recently until `bytes` more fit the budget; never what has work in flight.
    /// - Parameter key: what stays, as the room is for it.
    /// - Returns: whether they fit.
    func makeRoom(for bytes: Int, sparing key: Key? = nil) -> Bool {
        guard let budget = configuration.memoryBudget else { return true }
        // What never fits shall push nobody out.
        if bytes > budget { return false }
        var used = usedBytes
        let free = sorted.filter { record in
            Key(model: record.file.model, version: record.file.version) != key && record.served?.isBusy == false
        }
        for record in free.sorted(by: { ($0.served?.lastTurn ?? 0) < ($1.served?.lastTurn ?? 0) }) {
            if used + max(bytes, 0) <= budget { break }
            used -= record.served?.bytes ?? 0
            evict(record)
        }
        return bytes <= 0 || used + bytes <= budget
    }

    /// Makes up for working memory that has grown.
    func keepBudget() { _ = makeRoom(for: 0) }

    private func evict(_ record: VersionRecord) {
        let key = Key(model: record.file.model, version: record.file.version)
        update(key) { ($0.state, $0.note) = (.dormant, "evicted to stay within the memory budget; the next request loads it") }
        record.served?.close(isDraining: false)
        tell(.evicted, key, "\(record.served?.bytes ?? 0) bytes")
    }
}
