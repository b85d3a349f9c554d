/// Suggestions for misspelled names.
package enum NearNames {
    /// Names of `known` that are near `name`: within two edits of it, else containing it or contained in it.
    package static func of(_ name: String, in known: [String]) -> [String] {
        let close = known.filter { distance(name, $0) <= 2 }
        return close.isEmpty && !name.isEmpty ? known.filter { $0.contains(name) || name.contains($0) } : close
    }

    /// `did you mean a or b?`, or `otherwise` where nothing is near.
    package static func hint(_ name: String, in known: [String], otherwise: String) -> String {
        let near = of(name, in: known)
        return near.isEmpty ? otherwise : "did you mean \(near.joined(separator: " or "))?"
    }

    /// `did you mean a or b?`, or all names where nothing is near.
    package static func hint(_ name: String, in known: [String]) -> String {
        hint(name, in: known, otherwise: "known: \(known.joined(separator: ", "))")
    }

    /// Levenshtein distance.
    package static func distance(_ a: String, _ b: String) -> Int {
        let (x, y) = (Array(a.prefix(200)), Array(b.prefix(200)))
        var row = Array(0...y.count)
        for (i, left) in x.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in y.enumerated() {
                let cost = min(row[j], row[j + 1]) + 1
                (diagonal, row[j + 1]) = (row[j + 1], min(cost, diagonal + (left == right ? 0 : 1)))
            }
        }
        return row[y.count]
    }
}
