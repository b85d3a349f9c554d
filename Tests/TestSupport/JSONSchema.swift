import Foundation

/// A JSON document, for looking at.
package enum JSONDocument: Decodable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    case list([JSONDocument])
    case table([String: JSONDocument])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSONDocument].self) {
            self = .list(value)
        } else {
            self = .table(try container.decode([String: JSONDocument].self))
        }
    }

    /// - Throws: `DecodingError` for what is no JSON.
    package init(_ text: String) throws { self = try JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) }

    package var table: [String: JSONDocument]? { if case .table(let value) = self { value } else { nil } }
    package var list: [JSONDocument]? { if case .list(let value) = self { value } else { nil } }
    package var text: String? { if case .text(let value) = self { value } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
}

/// A schema of `Docs/schemas`: the part of JSON Schema 2020-12 that these use. A schema with any other keyword is refused, so that none is
/// passed over.
package struct JSONSchema {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    private let root: [String: JSONDocument]

    private static let notes: Set<String> = ["$schema", "title", "description", "$defs"]
    private static let rules: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "minimum",
    ]
    private static let types: Set<String> = ["null", "boolean", "integer", "number", "string", "array", "object"]

    /// - Throws: ``Fault`` for a keyword, a type or a reference that is not known; `DecodingError` for what is no JSON.
    package init(_ text: String) throws {
        guard let root = try JSONDocument(text).table else { throw Fault(description: "a schema is an object") }
        self.root = root
        try check(root, at: "#")
        for (name, part) in root["$defs"]?.table ?? [:] { try check(schema(part, "#/$defs/\(name)"), at: "#/$defs/\(name)") }
    }

    /// Whether every property is told of by a description, its own or that of what it refers to.
    package var undescribed: [String] {
        undescribed(root, "#") + (root["$defs"]?.table ?? [:]).flatMap { undescribed($1.table ?? [:], $0) }
    }

    private func undescribed(_ schema: [String: JSONDocument], _ place: String) -> [String] {
        // What is not there has no properties.
        if schema.isEmpty { return [] }
        var found: [String] = []
        for (name, part) in schema["properties"]?.table ?? [:] {
            let own = part.table ?? [:]
            if own["description"]?.text?.isEmpty ?? true, target(own)?["description"]?.text?.isEmpty ?? true {
                found.append("\(place)/\(name)")
            }
            found += undescribed(own, "\(place)/\(name)")
        }
        for key in ["items", "additionalProperties"] { found += undescribed(schema[key]?.table ?? [:], place) }
        return found + (schema["anyOf"]?.list ?? []).flatMap { undescribed($0.table ?? [:], place) }
    }

    /// What a document has that the schema does not allow, each with its place; empty if it is valid.
    package func problems(_ document: JSONDocument) -> [String] { problems(document, root, "$") }
}

extension JSONSchema {
    private func schema(_ part: JSONDocument, _ place: String) throws -> [String: JSONDocument] {
        guard let table = part.table else { throw Fault(description: "\(place): a schema is an object") }
        return table
    }

    private func check(_ schema: [String: JSONDocument], at place: String) throws {
        if let stranger = schema.keys.sorted().first(where: { !JSONSchema.notes.contains($0) && !JSONSchema.rules.contains($0) }) {
            throw Fault(description: "\(place): keyword '\(stranger)' is not known")
        }
        if let type = schema["type"], !JSONSchema.types.contains(type.text ?? "") {
            throw Fault(description: "\(place): type \(type) is not known")
        }
        if schema["$ref"] != nil, target(schema) == nil {
            throw Fault(description: "\(place): nothing is at \(schema["$ref"]?.text ?? "?")")
        }
        for name in (schema["required"]?.list ?? []).compactMap(\.text) where schema["properties"]?.table?[name] == nil {
            throw Fault(description: "\(place): '\(name)' is required and no property")
        }
        for (name, part) in schema["properties"]?.table ?? [:] { try check(self.schema(part, "\(place)/\(name)"), at: "\(place)/\(name)") }
        if let items = schema["items"] { try check(self.schema(items, place), at: place + "/items") }
        if let more = schema["additionalProperties"], more != .bool(false) { try check(self.schema(more, place), at: place + "/*") }
        for part in schema["anyOf"]?.list ?? [] { try check(self.schema(part, place), at: place + "/anyOf") }
    }

    /// What `$ref` names: a part of `$defs`.
    private func target(_ schema: [String: JSONDocument]) -> [String: JSONDocument]? {
        guard let name = schema["$ref"]?.text, name.hasPrefix("#/$defs/") else { return nil }
        return root["$defs"]?.table?[String(name.dropFirst("#/$defs/".count))]?.table
    }

    private func problems(_ document: JSONDocument, _ schema: [String: JSONDocument], _ place: String) -> [String] {
        var found: [String] = []
        if let type = schema["type"]?.text, !document.isOf(type) { return ["\(place) is no \(type)"] }
        if let allowed = schema["enum"]?.list, !allowed.contains(document) { found.append("\(place): \(document) is none of \(allowed)") }
        if let least = schema["minimum"]?.number, let number = document.number, number < least {
            found.append("\(place): \(number) < \(least)")
        }
        if let target = target(schema) { found += problems(document, target, place) }
        if let choices = schema["anyOf"]?.list { found += choice(document, choices.compactMap(\.table), place) }
        if let items = schema["items"]?.table {
            for (index, item) in (document.list ?? []).enumerated() { found += problems(item, items, "\(place)[\(index)]") }
        }
        return found + properties(document, schema, place)
    }

    /// Of the choices that do not fit, the one that comes nearest tells why.
    private func choice(_ document: JSONDocument, _ choices: [[String: JSONDocument]], _ place: String) -> [String] {
        let all = choices.map { problems(document, $0, place) }
        if all.contains(where: \.isEmpty) { return [] }
        return all.min { $0.count < $1.count } ?? ["\(place): no choice"]
    }

    private func properties(_ document: JSONDocument, _ schema: [String: JSONDocument], _ place: String) -> [String] {
        guard let table = document.table else { return [] }
        let known = schema["properties"]?.table ?? [:]
        var found = (schema["required"]?.list ?? []).compactMap(\.text).filter { table[$0] == nil }.map { "\(place).\($0) is missing" }
        for (name, value) in table.sorted(by: { $0.key < $1.key }) {
            if let own = known[name]?.table {
                found += problems(value, own, "\(place).\(name)")
            } else if let more = schema["additionalProperties"] {
                found += more.table.map { problems(value, $0, "\(place).\(name)") } ?? ["\(place).\(name) is not known"]
            }
        }
        return found
    }
}

extension JSONDocument {
    fileprivate func isOf(_ type: String) -> Bool {
        switch self {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .number(let value): type == "number" || type == "integer" && value.rounded() == value
        case .text: type == "string"
        case .list: type == "array"
        case .table: type == "object"
        }
    }
}
