import Testing

@testable import Formats

@Suite struct ConfigTests {
    private func config(_ json: String) throws -> Config {
        try Array(json.utf8).withUnsafeBytes { Config(try JSONReader.parse($0, file: "c.json"), file: "c.json") }
    }

    @Test func typedAccess() throws {
        let config = try config(
            #"{"i": 3, "d": 2.5, "t": "1e-05", "w": 4.0, "b": true, "s": "x", "n": null, "#
                + #""l": [1, 2], "o": {"k": [0.5]}}"#)
        #expect(try config.int("i") == 3 && config.int("w") == 4 && config.int("q", default: 7) == 7)
        #expect(try config.double("t") == 1e-05 && config.double("i") == 3 && config.double("d") == 2.5)
        #expect(try config.bool("b") && config.bool("q", default: true) && config.optionalBool("n") == nil)
        #expect(try config.string("s") == "x" && config.optionalString("q") == nil)
        #expect(try config.ints("l") == [1, 2] && config.section("o").doubles("k") == [0.5])
        #expect(try config.optionalSection("n") == nil)
        #expect(config.keys == ["i", "d", "t", "w", "b", "s", "n", "l", "o"])
    }

    @Test func errorsNameFileAndKey() throws {
        let config = try config(#"{"s": "x", "n": null, "d": 2.5, "o": {"k": "inf"}}"#)
        #expect(checkpointError { try config.int("s") }?.subject == "s")
        #expect(checkpointError { try config.int("n", default: 1) }?.kind == .configuration)
        #expect(checkpointError { try config.int("d") }?.file == "c.json")
        #expect(checkpointError { try config.section("o").double("k") }?.subject == "o.k")
        #expect(checkpointError { try config.section("s") }?.kind == .configuration)
        #expect(checkpointError { try config.bool("absent") }?.description.contains("absent") == true)
    }
}

@Suite struct JSONReaderTests {
    private func parse(_ bytes: [UInt8]) throws -> ConfigValue {
        try bytes.withUnsafeBytes { try JSONReader.parse($0, file: "j") }
    }

    @Test(arguments: [
        (#" [1, -0, 2.5e-1, true, false, null] "#, #"[1, 0, 0.25, true, false, null]"#),
        (#"{"b": {}, "a": []}"#, #"{"b": {}, "a": []}"#), (#""\u00e9\ud83d\ude00\n\/""#, #""é😀\n/""#),
        ("9223372036854775807", "9223372036854775807"), ("1000000000000000019884624838656", "1e+30"),
        ("\u{FEFF}[]", "[]"), ("{\"\u{E9}\": 1, \"e\u{301}\": 2}", "{\"\u{E9}\": 1, \"e\u{301}\": 2}"),
    ])
    func reads(_ text: String, _ expected: String) throws {
        #expect(try parse(Array(text.utf8)).description == expected)
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "01", "1.", ".5", "+1", "1e", "NaN", "Infinity", "-", "tru", "\"a",
        "\"\\x\"",
        "\"\u{1}\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\u12g4\"", "[1] 2", "{\"a\" 1}", "{1:2}",
        "1e400", "'a'", "[1 2]", "\"\\ud800\\u0041\"", "// c\n1",
    ])
    func refuses(_ text: String) {
        #expect(checkpointError { try parse(Array(text.utf8)) }?.kind == .malformed)
    }

    private struct Record: Codable, Equatable {
        var name: String
        var sizes: [UInt8]
        var score: Double
        var inner: [String: [Bool]]
        var left: Int?
    }

    @Test func recordsSurviveWritingAndReading() throws {
        for score in [0.5, 3, .infinity, -.infinity] {
            let record = Record(name: "\u{E9}\n", sizes: [0, 255], score: score, inner: ["a": [true, false], "b": []], left: nil)
            for isPretty in [false, true] {
                let text = try JSONWriter.text(record, isPretty: isPretty)
                #expect(try ConfigValue(json: text).decode(Record.self, namesNonFinite: true) == record)
                #expect((try? ConfigValue(json: text).decode(Record.self)) == (score.isFinite ? record : nil))
            }
        }
    }

    @Test(arguments: [
        (#"{"sizes": [], "score": 1, "inner": {}}"#, ""), (#"{"name": 3, "sizes": [], "score": 1, "inner": {}}"#, "name"),
        (#"{"name": "", "sizes": [1, 256], "score": 1, "inner": {}}"#, "sizes.1"),
        (#"{"name": "", "sizes": [0.5], "score": 1, "inner": {}}"#, "sizes.0"),
        (#"{"name": "", "sizes": [], "score": "x", "inner": {}}"#, "score"),
        (#"{"name": "", "sizes": [], "score": 1, "inner": {"k": [1]}}"#, "inner.k.0"),
    ])
    func unfitRecordsNameThePlace(_ json: String, _ place: String) throws {
        let value = try ConfigValue(json: json)
        do {
            _ = try value.decode(Record.self)
            Issue.record("\(json) was read")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.keyNotFound(_, let context) {
            #expect(context.codingPath.map(\.stringValue).joined(separator: ".") == place)
        }
    }

    @Test func refusesDuplicatesInvalidUTF8AndDepth() {
        #expect(checkpointError { try parse(Array(#"{"a": 1, "\u0061": 2}"#.utf8)) }?.kind == .duplicate)
        #expect(checkpointError { try parse([0x22, 0xFF, 0x22]) }?.kind == .malformed)
        #expect(checkpointError { try parse([0x22, 0x5C, 0x6E, 0xC3, 0x22]) }?.kind == .malformed)
        let deep = String(repeating: "[", count: 1_000_000)
        #expect(checkpointError { try parse(Array(deep.utf8)) }?.kind == .malformed)
    }
}
