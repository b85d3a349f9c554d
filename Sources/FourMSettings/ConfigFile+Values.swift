extension ConfigFile {
    /// A whole number.
    func integer(_ key: String) throws(SettingsError) -> Int? {
        guard let text = self[key] else { return nil }
        guard let number = Int(Self.trimmed(text)) else {
            throw .value(key: key, value: text, allowed: "a whole number")
        }
        return number
    }

    /// A finite number.
    func number(_ key: String) throws(SettingsError) -> Double? {
        guard let text = self[key] else { return nil }
        return try Self.number(text, key: key)
    }

    /// A truth value of YAML 1.1.
    func flag(_ key: String) throws(SettingsError) -> Bool? {
        guard let text = self[key] else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw .value(key: key, value: text, allowed: "True or False")
        }
    }

    /// Names separated by '-'.
    func names(_ key: String) -> [String]? {
        self[key].map { $0.split(separator: "-").map { Self.trimmed(String($0)) } }
    }

    /// Values for `targets` targets, separated by '-'; a single one counts for all. A number on its own, such as 1e-3,
    /// is not taken apart.
    func perTarget(_ key: String, targets: Int, otherwise preset: String?) throws(SettingsError) -> [String] {
        guard let text = self[key] ?? preset else {
            throw .missingKey(key: key, why: "the targets need it")
        }
        let isNumber = Double(Self.trimmed(text)) != nil
        let parts = isNumber ? [text] : text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        let values = parts.map(Self.trimmed)
        if values.count == 1 { return Array(repeating: values[0], count: targets) }
        guard values.count == targets else {
            throw .listLength(key: key, count: values.count, targets: targets)
        }
        return values
    }

    static func number(_ text: String, key: String) throws(SettingsError) -> Double {
        guard let number = Double(trimmed(text)), number.isFinite else {
            throw .value(key: key, value: text, allowed: "a finite number")
        }
        return number
    }

    static func integer(_ text: String, key: String) throws(SettingsError) -> Int {
        guard let number = Int(trimmed(text)) else { throw .value(key: key, value: text, allowed: "a whole number") }
        return number
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
