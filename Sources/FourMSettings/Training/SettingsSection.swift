import Names

/// A mapping of a settings file: values by key, read with their types, and messages that name file, line and key.
package struct SettingsSection: Sendable, Hashable {
    /// Keys above it: `train.datasets.cc12m`; empty for the whole file.
    package let path: String
    /// Where it begins.
    package let place: String
    /// In the order of the file.
    package private(set) var keys: [String]
    private var values: [String: YAMLValue]

    /// A whole file.
    /// - Throws: `SettingsError.yaml` for what is no mapping.
    package init(yaml text: String, file: String) throws(SettingsError) {
        let value = try YAMLValue(yaml: text, file: file)
        if case .null = value.content {
            self.init([], path: "", place: file)
            return
        }
        guard case .mapping(let entries) = value.content else {
            throw .yaml(file: value.place, message: "expected a mapping of keys to values, not \(value.shown)")
        }
        self.init(entries, path: "", place: file)
    }

    package init(_ entries: [YAMLValue.Entry], path: String, place: String) {
        (self.path, self.place) = (path, place)
        keys = entries.map(\.key)
        values = Dictionary(entries.map { ($0.key, $0.value) }) { $1 }
    }

    /// A value that is there and not null.
    package subscript(key: String) -> YAMLValue? {
        guard let value = values[key] else { return nil }
        if case .null = value.content { return nil }
        return value
    }

    /// The key as messages name it.
    package func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Refuses keys that are none of `known`, with the nearest of them.
    /// - Throws: `SettingsError.unknownKey` at its line.
    package func check(known: some Sequence<String>) throws(SettingsError) {
        let known = Array(known)
        guard let stranger = keys.first(where: { !known.contains($0) }) else { return }
        throw .inFile(values[stranger]?.place ?? place, .strangeKey(name(stranger), NearNames.of(stranger, in: known)))
    }

    /// - Throws: `SettingsError.inFile` of `.missingKey`.
    package func required<Value>(_ key: String, _ value: Value?, why: String) throws(SettingsError) -> Value {
        guard let value else { throw .inFile(place, .missingKey(key: name(key), why: why)) }
        return value
    }

    /// The error for a value that is not `allowed`.
    package func fault(_ key: String, _ value: String? = nil, allowed: String) -> SettingsError {
        let there = values[key]
        return .inFile(there?.place ?? place, .value(key: name(key), value: value ?? there?.shown ?? "nothing", allowed: allowed))
    }
}

extension SettingsSection {
    package func text(_ key: String) throws(SettingsError) -> String? {
        guard let value = self[key] else { return nil }
        guard case .text(let text) = value.content else { throw fault(key, allowed: "a single value") }
        return text
    }

    /// One of `allowed`.
    package func choice(_ key: String, of allowed: [String]) throws(SettingsError) -> String? {
        guard let text = try text(key) else { return nil }
        guard allowed.contains(text) else { throw fault(key, allowed: "one of " + allowed.joined(separator: ", ")) }
        return text
    }

    package func integer(_ key: String, in range: ClosedRange<Int>) throws(SettingsError) -> Int? {
        guard let text = try text(key) else { return nil }
        let digits = text.filter { $0 != "_" }
        let number = Int(digits) ?? Double(digits).flatMap { Int(exactly: $0) }
        guard let number, range.contains(number) else {
            throw fault(key, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    package func number(_ key: String, in range: ClosedRange<Double>) throws(SettingsError) -> Double? {
        guard let text = try text(key) else { return nil }
        guard let number = SettingsSection.number(text), range.contains(number) else {
            throw fault(key, allowed: SettingsSection.told(range))
        }
        return number
    }

    /// `count` numbers of a list, or any number of them.
    package func numbers(_ key: String, count: Int? = nil, in range: ClosedRange<Double>) throws(SettingsError) -> [Double]? {
        guard let value = self[key] else { return nil }
        guard case .list(let items) = value.content, count == nil || items.count == count else {
            throw fault(key, allowed: count.map { "a list of \($0) numbers" } ?? "a list of numbers")
        }
        var numbers: [Double] = []
        for item in items {
            guard case .text(let text) = item.content, let number = SettingsSection.number(text), range.contains(number) else {
                throw fault(key, item.shown, allowed: SettingsSection.told(range))
            }
            numbers.append(number)
        }
        return numbers
    }

    /// The texts of a list; one text is a list of one.
    package func texts(_ key: String) throws(SettingsError) -> [String]? {
        guard let value = self[key] else { return nil }
        switch value.content {
        case .text(let text): return [text]
        case .list(let items):
            var texts: [String] = []
            for item in items {
                guard case .text(let text) = item.content else { throw fault(key, item.shown, allowed: "a list of names") }
                texts.append(text)
            }
            return texts
        default: throw fault(key, allowed: "a list of names")
        }
    }

    /// A truth value of YAML 1.1.
    package func flag(_ key: String) throws(SettingsError) -> Bool? {
        guard let text = try text(key) else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw fault(key, allowed: "True or False")
        }
    }

    /// Names separated by '-', sorted, each once.
    package func domains(_ key: String) throws(SettingsError) -> [String]? {
        guard let text = try text(key) else { return nil }
        let names = text.split(separator: "-").map(String.init)
        guard !names.isEmpty else { throw fault(key, allowed: "names of modalities, joined by '-'") }
        return Set(names).sorted()
    }

    package func section(_ key: String) throws(SettingsError) -> SettingsSection? {
        guard let value = self[key] else { return nil }
        guard case .mapping(let entries) = value.content else { throw fault(key, allowed: "a mapping of keys to values") }
        return SettingsSection(entries, path: name(key), place: value.place)
    }

    private static func number(_ text: String) -> Double? {
        guard let number = Double(text.filter { $0 != "_" }), number.isFinite else { return nil }
        return number
    }

    private static func told(_ range: ClosedRange<Double>) -> String {
        range.upperBound >= .greatestFiniteMagnitude
            ? "a number from \(range.lowerBound) on" : "a number from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension SettingsSection {
    /// Puts a value in place of the file's, as a flag gives it: `KEY=VALUE`, with points between the keys of inner mappings.
    /// - Throws: `SettingsError.inFile` naming the flag.
    package mutating func set(_ assignment: String, flag: String = "--set") throws(SettingsError) {
        guard let equals = assignment.firstIndex(of: "="), equals > assignment.startIndex else {
            throw .inFile(flag, .value(key: flag, value: String(assignment.prefix(100)), allowed: "KEY=VALUE"))
        }
        let path = assignment[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let (text, place) = (String(assignment[assignment.index(after: equals)...]), "\(flag) \(assignment[..<equals])")
        // A pattern begins as an alias does.
        let isPlain = text.first.map { "*&!%@`".contains($0) } ?? false
        let value = try isPlain ? YAMLValue(.text(text), place: place) : YAMLValue(yaml: text, file: place)
        put(YAMLValue(value.content, place: place), path[...])
    }

    private mutating func put(_ value: YAMLValue, _ path: ArraySlice<String>) {
        guard let key = path.first else { return }
        if !keys.contains(key) { keys.append(key) }
        guard path.count > 1 else {
            values[key] = value
            return
        }
        var inner = SettingsSection([], path: name(key), place: value.place)
        if case .mapping(let entries)? = values[key]?.content { inner = SettingsSection(entries, path: name(key), place: value.place) }
        inner.put(value, path.dropFirst())
        let entries = inner.keys.compactMap { key in inner.values[key].map { YAMLValue.Entry(key: key, value: $0) } }
        values[key] = YAMLValue(.mapping(entries), place: values[key]?.place ?? value.place)
    }
}
