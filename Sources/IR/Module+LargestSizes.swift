extension Module {
    private static let largestSizesKey = "largest_sizes"

    /// The largest size that a symbol of the functions for callers may get, where there is one. The runtime refuses more.
    package var largestSizes: Binding {
        get {
            guard case .dictionary(let table)? = metadata[Module.largestSizesKey] else { return [:] }
            return table.compactMapValues { if case .int(let size) = $0, size > 0 { size } else { nil } }
        }
        set {
            metadata[Module.largestSizesKey] = newValue.isEmpty ? nil : .dictionary(newValue.mapValues { .int($0) })
        }
    }
}
