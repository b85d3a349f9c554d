/// Keys of a file that are there twice: some of ml-4m's say `loss_fn` again, and its reader takes the last.
enum RepeatedKeys {
    /// `text` with an empty line in place of each top-level `key: value` whose key comes again further down; other repeated keys are left to be refused.
    static func lastWins(_ text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var last: [String: Int] = [:]
        for (number, line) in lines.enumerated() {
            guard let key = key(line) else { continue }
            if let before = last[key], isWhole(lines, before) { lines[before] = "" }
            last[key] = number
        }
        return lines.joined(separator: "\n")
    }

    /// The key of a line such as `loss_fn: mse`; nil for any other.
    private static func key(_ line: String) -> String? {
        guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return nil }
        let key = line[..<colon]
        return key.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" } ? String(key) : nil
    }

    /// Whether the value of line `number` ends there.
    private static func isWhole(_ lines: [String], _ number: Int) -> Bool {
        let next = number + 1 < lines.count ? lines[number + 1].first : nil
        return next.map { !$0.isWhitespace && $0 != "-" } ?? true
    }
}
