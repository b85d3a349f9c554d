import Formats
import Foundation

/// Header metadata strings as configuration values.
enum MetadataRunner: CaseRunner {
    static let kinds = ["checkpoint_metadata"]

    private struct Entry: Decodable {
        let text: String
        let value: ExpectedValue
        let type: String
    }

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        for entry in try ConfigValue(json: golden.dataFile(), file: golden.folder.path).decode([Entry].self) {
            let found = HeaderText.parse(entry.text)
            let name = "\(entry.text.prefix(40).debugDescription)"
            report.check(entry.value.matches(found), "\(name): is \(found), expected \(entry.value)")
            report.check(found.isOf(type: entry.type), "\(name): is \(found.kindName), expected \(entry.type)")
        }
    }
}

/// A value of the golden file. JSON tells booleans from numbers; whether a number is an integer, the entry's type says.
private enum ExpectedValue: Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([ExpectedValue])
    case dict([String: ExpectedValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ExpectedValue].self) {
            self = .list(value)
        } else {
            self = .dict(try container.decode([String: ExpectedValue].self))
        }
    }

    func matches(_ value: ConfigValue) -> Bool {
        switch (self, value) {
        case (.null, .null): true
        case (.bool(let a), .bool(let b)): a == b
        case (.number(let a), .int(let b)): a == Double(b)
        case (.number(let a), .double(let b)): a == b
        case (.string(let a), .string(let b)): Array(a.unicodeScalars) == Array(b.unicodeScalars)
        case (.list(let a), .list(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.matches($1) }
        case (.dict(let a), .dict(let b)):
            a.count == b.count && b.entries.allSatisfy { a[$0.key]?.matches($0.value) == true }
        case (.dict(let a), _): a.count == 1 && wraps(a, value)
        default: false
        }
    }

    /// Dates and floats that JSON lacks are wrapped: {"date": text}, {"float": "nan"}. Dates stay text in our reader.
    private func wraps(_ dict: [String: ExpectedValue], _ value: ConfigValue) -> Bool {
        switch (dict["date"], dict["float"], value) {
        case (.string(let date)?, nil, .string(let text)): return date == text
        case (nil, .string(let float)?, .double(let number)):
            guard let expected = Double(float) else { return false }
            return expected.isNaN ? number.isNaN : number == expected
        default: return false
        }
    }
}

extension ConfigValue {
    /// Whether this is the value of a Python type. Integers beyond `Int` become doubles, dates stay text.
    fileprivate func isOf(type: String) -> Bool {
        switch (type, self) {
        case ("NoneType", .null), ("bool", .bool), ("int", .int), ("float", .double), ("str", .string), ("list", .list),
            ("dict", .dict), ("date", .string), ("datetime", .string):
            true
        case ("int", .double(let value)): abs(value) >= 0x1p63
        default: false
        }
    }
}
