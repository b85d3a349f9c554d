import IR

/// Attributes of operators for people.
enum AttributeText {
    /// Entries of a list that are shown.
    private static let mostEntries = 16
    private static let mostCharacters = 200

    /// Much as IR text writes it; long lists and texts end in `…`.
    static func of(_ value: AttributeValue) -> String {
        switch value {
        case .bool(let x): x ? "true" : "false"
        case .int(let x): "\(x)"
        case .float(let x): "\(x)"
        case .string(let x): x.count > mostCharacters ? x.prefix(mostCharacters) + "…" : x
        case .dtype(let x): x.rawValue
        case .dim(let x): x.description
        case .dims(let x): list(x) { $0.description }
        case .floats(let x): list(x) { "\($0)" }
        case .strings(let x): list(x) { of(.string($0)) }
        case .dictionary(let x): list(x.sorted { $0.key < $1.key }) { "\($0.key): \(of($0.value))" }
        case .function(let x): "@" + x
        }
    }

    private static func list<Entry>(_ entries: [Entry], _ text: (Entry) -> String) -> String {
        let shown = entries.prefix(mostEntries).map(text).joined(separator: ", ")
        return "[\(shown)\(entries.count > mostEntries ? ", … \(entries.count) in all" : "")]"
    }
}
