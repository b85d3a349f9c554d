/// Paths with `{a,b}` and `{00..19}`, as `braceexpand` of Python reads them, and ml-4m's `[a,b]`, which stands for folders of modalities.
package enum BraceExpansion {
    /// Most paths that one text may stand for.
    package static let most = 1 << 20

    /// The paths that `text` stands for, in order; `text` itself where it has no braces.
    /// - Throws: `SettingsError.value` for braces that do not match, and for too many paths.
    package static func paths(_ text: String) throws(SettingsError) -> [String] {
        guard let open = text.firstIndex(of: "{") else { return [text] }
        guard let close = matching(text, open) else {
            throw .value(key: "data_path", value: text, allowed: "a path whose braces match")
        }
        let (before, after) = (text[..<open], String(text[text.index(after: close)...]))
        let tails = try paths(after)
        var made: [String] = []
        for middle in try alternatives(String(text[text.index(after: open)..<close]), in: text) {
            guard made.count + tails.count <= most else {
                throw .value(key: "data_path", value: text, allowed: "a text for at most \(most) paths")
            }
            made += tails.map { before + middle + $0 }
        }
        return made
    }

    /// Names within the first `[…]`, and the text with `*` in their place; nil where there is none.
    package static func modalities(_ text: String) -> (names: [String], path: (String) -> String)? {
        guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]") else { return nil }
        let names = text[text.index(after: open)..<close].split(separator: ",").map { $0.filter { $0 != " " } }
        let (before, after) = (String(text[..<open]), String(text[text.index(after: close)...]))
        return (names, { before + $0 + after })
    }

    private static func matching(_ text: String, _ open: String.Index) -> String.Index? {
        var depth = 0
        for index in text[open...].indices {
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    private static func alternatives(_ inner: String, in text: String) throws(SettingsError) -> [String] {
        var (parts, depth, current) = ([String](), 0, "")
        for letter in inner {
            if letter == "{" { depth += 1 }
            if letter == "}" { depth -= 1 }
            if letter == ",", depth == 0 {
                parts.append(current)
                current = ""
            } else {
                current.append(letter)
            }
        }
        if parts.isEmpty { return try range(inner, in: text) ?? ["{" + inner + "}"] }
        var all: [String] = []
        for part in parts + [current] { all += try paths(part) }
        return all
    }

    /// `0003..0010` and `1..9..2`; numbers have as many digits as the longer end if one begins with 0.
    private static func range(_ inner: String, in text: String) throws(SettingsError) -> [String]? {
        let ends = inner.components(by: "..")
        guard ends.count == 2 || ends.count == 3, let first = Int(ends[0]), let last = Int(ends[1]) else { return nil }
        let width = ends[0].hasPrefix("0") || ends[1].hasPrefix("0") ? max(ends[0].count, ends[1].count) : 0
        let (distance, isTooFar) = last.subtractingReportingOverflow(first)
        guard let step = ends.count == 3 ? Int(ends[2]) : 1, step > 0, !isTooFar, distance.magnitude < UInt(most) else {
            throw .value(key: "data_path", value: text, allowed: "a path with ranges of at most \(most) numbers, in steps from 1 on")
        }
        return stride(from: first, through: last, by: distance < 0 ? -step : step).map { number in
            let digits = String(number.magnitude)
            return (number < 0 ? "-" : "") + String(repeating: "0", count: max(width - digits.count, 0)) + digits
        }
    }
}

extension String {
    /// Its parts between `separator`.
    fileprivate func components(by separator: String) -> [String] {
        var (parts, rest) = ([String](), self[...])
        while let found = rest.range(of: separator) {
            parts.append(String(rest[..<found.lowerBound]))
            rest = rest[found.upperBound...]
        }
        return parts + [String(rest)]
    }

}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        for start in indices where self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
        return nil
    }
}
