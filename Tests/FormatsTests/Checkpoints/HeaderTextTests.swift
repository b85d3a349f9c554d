import Testing

@testable import Formats

@Suite struct HeaderTextTests {
    @Test(.checkpointGoldens) func agreesWithTheOfficialReader() throws {
        guard case .list(let cases) = try CheckpointGoldens.json("metadata_values/metadata.json") else {
            Issue.record("metadata.json is no list")
            return
        }
        #expect(cases.count > 90)
        for item in cases {
            let golden = Config(item, file: "metadata.json")
            let text = try golden.string("text")
            let expected = try #require(golden["value"]).value
            #expect(expected.matches(HeaderText.parse(text)), "\(text.prefix(60)) → \(expected)")
        }
    }

    @Test(arguments: [
        ("1_0:20", ConfigValue.int(620)), ("0b_1", .int(1)), ("1.5_0", .double(1.5)), ("-.inf", .double(-.infinity)),
        ("1:30.5", .double(90.5)), ("08", .string("08")), ("-.5", .string("-.5")), ("0x", .string("0x")),
        ("99999999999999999999", .double(1e20)), ("!!str 12", .string("12")), ("!!float 3", .double(3)),
        ("\"a\\x41\\u00e9\"", .string("aAé")), ("'it''s'", .string("it's")), ("|-\n  a\n  b\n", .string("a\nb")),
        (">\n  a\n  b\n", .string("a b\n")), ("a\n  b\n\n  c", .string("a b\nc")), ("[a, ]", .list([.string("a")])),
        ("[, a]", .string("[, a]")), ("a\n---\nb", .string("a\n---\nb")), ("--- 1\n...\n", .int(1)),
        ("a\tb", .string("a\tb")), ("[a: 1]", .list([.dict(["a": .int(1)])])), ("[<<]", .string("[<<]")),
    ])
    func readsYAML(_ text: String, _ expected: ConfigValue) {
        #expect(HeaderText.parse(text) == expected)
    }

    @Test func readsBlockCollections() {
        let text = "a:\n- 1\n- x: yes\n  y:\n    - null\nb: {c: [d, 'e']}\n"
        let expected: ConfigValue = .dict([
            "a": .list([.int(1), .dict(["x": .bool(true), "y": .list([.null])])]),
            "b": .dict(["c": .list([.string("d"), .string("e")])]),
        ])
        #expect(HeaderText.parse(text) == expected)
    }

    @Test func anchorsAndMerges() {
        let text = "a: &x {k: 1, l: 2}\nb: {<<: *x, l: 3}"
        let expected: ConfigValue = .dict([
            "a": .dict(["k": .int(1), "l": .int(2)]), "b": .dict(["k": .int(1), "l": .int(3)]),
        ])
        #expect(HeaderText.parse(text) == expected)
        #expect(HeaderText.parse("&a [*a]") == .string("&a [*a]"))
    }

    /// What `str` of PyYAML 6's values gives; what is no day or hour stays text.
    @Test(arguments: [
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.100000-05:00"), ("2001-12-14T21:59:43Z", "2001-12-14 21:59:43+00:00"),
        ("2001-12-14 21:59:43.1234567 +5", "2001-12-14 21:59:43.123456+05:00"), ("2001-2-3t4:05:06", "2001-02-03 04:05:06"),
        ("2001-12-14", "2001-12-14"), ("2001-2-3", "2001-2-3"), ("2001-13-14", "2001-13-14"),
        ("2001-02-29t00:00:00", "2001-02-29t00:00:00"),
        ("2001-12-14t25:00:00", "2001-12-14t25:00:00"), ("!!timestamp 2001-12-14t01:02:03", "2001-12-14 01:02:03"),
    ])
    func timesAreText(_ text: String, _ value: String) {
        #expect(HeaderText.parse(text) == .string(value))
        #expect(HeaderText.parse("[\(text)]") == .list([.string(value)]))
    }

    @Test func boundsDepthAndAliases() {
        let deep = String(repeating: "[", count: 4000) + String(repeating: "]", count: 4000)
        #expect(HeaderText.parse(deep) == .string(deep))
        let dashes = String(repeating: "- ", count: 4000)
        #expect(HeaderText.parse(dashes) == .string(dashes.replacing("None", with: "null")))
        var bomb = "- &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1...30 {
            let alias = "*a\(level - 1)"
            bomb += "- &a\(level) [\([String](repeating: alias, count: 8).joined(separator: ", "))]\n"
        }
        #expect(HeaderText.parse(bomb) == .string(bomb))
    }
}

extension ConfigValue {
    /// Whether `other` is this golden value; dates and special floats are wrapped in the goldens.
    fileprivate func matches(_ other: ConfigValue) -> Bool {
        if case .dict(let wrapped) = self, wrapped.count == 1 {
            if case .string(let date) = wrapped["date"] { return other == .string(date) }
            if case .string(let text) = wrapped["float"], case .double(let value) = other {
                return text == "nan" ? value.isNaN : Double(text) == value
            }
        }
        return self == other
    }
}
