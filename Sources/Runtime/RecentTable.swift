/// A table that forgets what has not been asked for longest, half of its entries at a time.
struct RecentTable<Key: Hashable, Value> {
    let capacity: Int
    private var entries: [Key: (value: Value, used: UInt64)] = [:]
    private var clock: UInt64 = 0

    /// - Parameter capacity: Most entries.
    init(capacity: Int) { self.capacity = max(capacity, 2) }

    var count: Int { entries.count }

    subscript(key: Key) -> Value? {
        mutating get {
            guard let value = entries[key]?.value else { return nil }
            clock += 1
            entries[key]?.used = clock
            return value
        }
        set {
            clock += 1
            entries[key] = newValue.map { ($0, clock) }
            if entries.count > capacity { forget() }
        }
    }

    private mutating func forget() {
        let middle = entries.values.map(\.used).sorted()[entries.count / 2]
        entries = entries.filter { $0.value.used > middle }
    }
}
