import Formats

/// Readings of a model configuration that refuse nonsense before anything is computed from it.
extension Config {
    /// An integer in `range`; without a default the key is needed.
    package func size(_ key: String, default standard: Int? = nil, in range: ClosedRange<Int> = 1...65_536) throws -> Int {
        let value = try standard.map { try int(key, default: $0) } ?? int(key)
        guard range.contains(value) else {
            throw badValue(key, "between \(range.lowerBound) and \(range.upperBound)")
        }
        return value
    }

    /// A number with 0 < x ≤ limit.
    func positive(_ key: String, default standard: Double, upTo limit: Double = 1024) throws -> Double {
        let value = try double(key, default: standard)
        guard value > 0, value <= limit else { throw badValue(key, "a number above 0 and up to \(limit)") }
        return value
    }

    /// One integer for both sides, or a pair [height, width]; nil where absent or null.
    func optionalPair(_ key: String, in range: ClosedRange<Int> = 1...65_536) throws -> (height: Int, width: Int)? {
        guard let value = self[key]?.value, value != .null else { return nil }
        let sides: [Int]
        if case .list = value { sides = try ints(key) } else { sides = [try int(key)] }
        guard let height = sides.first, let width = sides.last, sides.count <= 2, sides.allSatisfy(range.contains)
        else {
            throw badValue(key, "an integer (or a pair) between \(range.lowerBound) and \(range.upperBound)")
        }
        return (height, width)
    }

    /// One of a set of names.
    package func choice<T: RawRepresentable & CaseIterable>(_ key: String, default standard: T) throws -> T
    where T.RawValue == String {
        guard let text = try optionalString(key) else { return standard }
        guard let choice = T(rawValue: text) else {
            throw badValue(key, "one of " + T.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    func badValue(_ key: String, _ expected: String) -> ImportError {
        let full = path.isEmpty ? key : "\(path).\(key)"
        return .badValue(file: file, key: full, value: self[key]?.value.description ?? "absent", expected: expected)
    }
}
