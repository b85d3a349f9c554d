/// A configuration with the place it comes from, so that each error names file and key.
///
/// `try config.int("dim")` needs the key; `try config.int("dim", default: 768)` takes the default where the key is
/// absent; `try config.optionalInt("n_labels")` is nil where it is absent or null. All throw ``CheckpointError`` of
/// kind `configuration`.
package struct Config: Sendable, Equatable {
    package let value: ConfigValue
    /// The file, for messages.
    package let file: String
    /// Keys that lead here from the root, joined by dots; empty at the root.
    package let path: String

    package init(_ value: ConfigValue, file: String, path: String = "") {
        self.value = value
        self.file = file
        self.path = path
    }

    /// No configuration at all.
    package static func empty(file: String) -> Config { Config(.dict(ConfigDictionary()), file: file) }

    /// The keys in the order of the file; none if this is no dictionary.
    package var keys: [String] { dictionary?.keys ?? [] }

    package var isEmpty: Bool { keys.isEmpty }

    package var dictionary: ConfigDictionary? {
        guard case .dict(let dictionary) = value else { return nil }
        return dictionary
    }

    package func contains(_ key: String) -> Bool { entry(key) != nil }

    /// The value at `key`, whatever it is; nil if absent.
    package subscript(key: String) -> Config? {
        entry(key).map { Config($0, file: file, path: fullPath(key)) }
    }

    package func int(_ key: String) throws(CheckpointError) -> Int { try needed(key, "an integer") { $0.asInt } }

    package func int(_ key: String, default standard: Int) throws(CheckpointError) -> Int {
        contains(key) ? try int(key) : standard
    }

    package func optionalInt(_ key: String) throws(CheckpointError) -> Int? {
        isNullOrAbsent(key) ? nil : try int(key)
    }

    /// A finite number; text such as `1e-05`, which YAML 1.1 reads as a string, counts.
    package func double(_ key: String) throws(CheckpointError) -> Double { try needed(key, "a number") { $0.asDouble } }

    package func double(_ key: String, default standard: Double) throws(CheckpointError) -> Double {
        contains(key) ? try double(key) : standard
    }

    package func optionalDouble(_ key: String) throws(CheckpointError) -> Double? {
        isNullOrAbsent(key) ? nil : try double(key)
    }

    package func bool(_ key: String) throws(CheckpointError) -> Bool { try needed(key, "true or false") { $0.asBool } }

    package func bool(_ key: String, default standard: Bool) throws(CheckpointError) -> Bool {
        contains(key) ? try bool(key) : standard
    }

    package func optionalBool(_ key: String) throws(CheckpointError) -> Bool? {
        isNullOrAbsent(key) ? nil : try bool(key)
    }

    package func string(_ key: String) throws(CheckpointError) -> String { try needed(key, "a string") { $0.asString } }

    package func string(_ key: String, default standard: String) throws(CheckpointError) -> String {
        contains(key) ? try string(key) : standard
    }

    package func optionalString(_ key: String) throws(CheckpointError) -> String? {
        isNullOrAbsent(key) ? nil : try string(key)
    }

    package func ints(_ key: String) throws(CheckpointError) -> [Int] {
        try needed(key, "a list of integers") { $0.list { $0.asInt } }
    }

    package func doubles(_ key: String) throws(CheckpointError) -> [Double] {
        try needed(key, "a list of numbers") { $0.list { $0.asDouble } }
    }

    package func strings(_ key: String) throws(CheckpointError) -> [String] {
        try needed(key, "a list of strings") { $0.list { $0.asString } }
    }

    /// The dictionary at `key`.
    package func section(_ key: String) throws(CheckpointError) -> Config {
        let dictionary = try needed(key, "a dictionary") { value -> ConfigDictionary? in
            guard case .dict(let dictionary) = value else { return nil }
            return dictionary
        }
        return Config(.dict(dictionary), file: file, path: fullPath(key))
    }

    /// The dictionary at `key`; nil where the key is absent or null.
    package func optionalSection(_ key: String) throws(CheckpointError) -> Config? {
        isNullOrAbsent(key) ? nil : try section(key)
    }

    /// An error about `key`, for checks that only a model knows: `config.error("patch_size", "must be positive")`.
    package func error(_ key: String, _ problem: String, advice: String? = nil) -> CheckpointError {
        CheckpointError(.configuration, file: file, subject: fullPath(key), problem, advice: advice)
    }

    private func fullPath(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Converters that write every value as text write null as Python's `None`.
    private func isNullOrAbsent(_ key: String) -> Bool { [.null, .string("None"), .string("null")].contains(entry(key) ?? .null) }

    private func entry(_ key: String) -> ConfigValue? {
        if path.isEmpty { ConfigReadings.current?.note(key) }
        return dictionary?[key]
    }

    private func needed<T>(
        _ key: String, _ expected: String, _ convert: (ConfigValue) -> T?
    ) throws(CheckpointError) -> T {
        guard let found = entry(key) else {
            let advice = path.isEmpty && isEmpty ? "there is no configuration here: put a config.json beside it" : nil
            throw error(key, "\(expected) is needed and is not there", advice: advice)
        }
        // Converters that write every value as text do so as Python does, as headers do.
        let reading = found.string.map(HeaderText.parse)
        guard let converted = convert(found) ?? reading.flatMap(convert) else {
            throw error(key, "\(expected) is needed, found \(found.kindName): \(found.description.prefix(80))")
        }
        return converted
    }
}

extension ConfigValue {
    /// Integers, numbers without a fraction, and text of either.
    fileprivate var asInt: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        case .string(let text): Int(text)
        default: nil
        }
    }

    /// Finite numbers, and text of them.
    fileprivate var asDouble: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value.isFinite ? value : nil
        case .string(let text): ScalarNumber.decimal(text)
        default: nil
        }
    }

    fileprivate var asBool: Bool? {
        switch self {
        case .bool(let value): value
        case .int(0): false
        case .int(1): true
        default: nil
        }
    }

    fileprivate var asString: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    fileprivate func list<T>(_ convert: (ConfigValue) -> T?) -> [T]? {
        guard case .list(let values) = self else { return nil }
        let converted = values.compactMap(convert)
        return converted.count == values.count ? converted : nil
    }
}
