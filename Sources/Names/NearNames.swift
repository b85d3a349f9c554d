/// Suggestions for misspelled names.
package enum NearNames {
    /// Most that are suggested.
    private static let most = 5

    /// Names of `known` that are near `name`: the nearest of those within two edits of it (one, if it is short), else containing it or
    /// contained in it. At most five.
    package static func of(_ name: String, in known: [String]) -> [String] {
        let reach = name.count < 4 ? 1 : 2
        let close = known.map { (name: $0, distance: distance(name, $0)) }.filter { $0.distance <= reach }
        if let least = close.map(\.distance).min() { return Array(close.filter { $0.distance == least }.map(\.name).prefix(most)) }
        return name.count < 2 ? [] : Array(known.filter { contain($0, name) || contain(name, $0) }.prefix(most))
    }

    /// Whether `part` is in `whole`; a letter or two are in too many names.
    private static func contain(_ whole: String, _ part: String) -> Bool { part.count > 2 && whole.contains(part) }

    /// `did you mean a or b?`, or `otherwise` where nothing is near.
    package static func hint(_ name: String, in known: [String], otherwise: String) -> String {
        let near = of(name, in: known)
        return near.isEmpty ? otherwise : "did you mean \(near.joined(separator: " or "))?"
    }

    /// `did you mean a or b?`, or all names where nothing is near.
    package static func hint(_ name: String, in known: [String]) -> String {
        hint(name, in: known, otherwise: "known: \(known.joined(separator: ", "))")
    }

    /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
    package static func distance(_ a: String, _ b: String) -> Int {
        let (x, y) = (Array(a.prefix(200)), Array(b.prefix(200)))
        var (before, row) = ([Int](), Array(0...y.count))
        for (i, left) in x.enumerated() {
            var next = [i + 1]
            for (j, right) in y.enumerated() {
                var cost = min(min(next[j], row[j + 1]) + 1, row[j] + (left == right ? 0 : 1))
                if i > 0, j > 0, left == y[j - 1], x[i - 1] == right { cost = min(cost, before[j - 1] + 1) }
                next.append(cost)
            }
            (before, row) = (row, next)
        }
        return row[y.count]
    }
}
