import Yams

/// A value of a YAML file, and where it stands.
package struct YAMLValue: Sendable, Hashable {
    package indirect enum Content: Sendable, Hashable {
        /// `null`, `~` or nothing.
        case null
        /// As written.
        case text(String)
        case list([YAMLValue])
        /// In the order of the file; keys are there once.
        case mapping([Entry])
    }

    package struct Entry: Sendable, Hashable {
        package let key: String
        package var value: YAMLValue
    }

    package var content: Content
    /// `run.yaml, line 3`, or the flag that gave it.
    package let place: String

    package init(_ content: Content, place: String) { (self.content, self.place) = (content, place) }

    /// Bounds on what a file of settings may hold; aliases count as often as they are used.
    static let (largestText, mostNodes, deepest) = (4 << 20, 100_000, 32)

    /// - Parameter file: its name, for messages.
    /// - Throws: `SettingsError.yaml` for what is no YAML, and for texts beyond any settings.
    package init(yaml text: String, file: String) throws(SettingsError) {
        guard text.utf8.count <= YAMLValue.largestText else {
            throw .yaml(file: file, message: "\(text.utf8.count) bytes are more than the \(YAMLValue.largestText) that settings may have")
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch {
            throw .yaml(file: file, message: "not valid YAML: \(YAMLProblem.text(error, in: text))")
        }
        var reader = YAMLReader(file: file)
        self = try root.map { (node) throws(SettingsError) in try reader.value(node, depth: 0) } ?? YAMLValue(.null, place: file)
    }

    /// What it is, for messages.
    var shown: String {
        switch content {
        case .null: "null"
        case .text(let text): String(text.prefix(100))
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// From Yams's nodes to values.
private struct YAMLReader {
    let file: String
    var count = 0

    mutating func value(_ node: Node, depth: Int) throws(SettingsError) -> YAMLValue {
        count += 1
        guard count <= YAMLValue.mostNodes, depth <= YAMLValue.deepest else {
            throw .yaml(file: file, message: "more than \(YAMLValue.mostNodes) values, or more than \(YAMLValue.deepest) inside each other")
        }
        let place = node.mark.map { "\(file), line \($0.line)" } ?? file
        if let scalar = node.scalar {
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return YAMLValue(isNull ? .null : .text(scalar.string), place: place)
        }
        if let sequence = node.sequence {
            var values: [YAMLValue] = []
            for item in sequence { values.append(try value(item, depth: depth + 1)) }
            return YAMLValue(.list(values), place: place)
        }
        guard let mapping = node.mapping else { throw .yaml(file: place, message: "a value is neither text, list nor mapping") }
        var entries: [YAMLValue.Entry] = []
        for (keyNode, valueNode) in mapping {
            guard let key = keyNode.scalar?.string else { throw .yaml(file: place, message: "a key is not a name") }
            guard key != "<<" else { throw .yaml(file: place, message: "'<<' is not followed; write the keys out") }
            var made = try value(valueNode, depth: depth + 1)
            if let mark = keyNode.mark { made = YAMLValue(made.content, place: "\(file), line \(mark.line)") }
            entries.append(YAMLValue.Entry(key: key, value: made))
        }
        return YAMLValue(.mapping(entries), place: place)
    }
}
