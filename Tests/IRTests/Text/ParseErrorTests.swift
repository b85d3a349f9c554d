import IR
import TestSupport
import Testing

@Suite struct ParseErrorTests {
    static let valid = """
        module @m stage(clean) {
          metadata {eps: 1e-6, names: strings["a", "b"], dim: <4*h + 1>}
          const @w : f32[2, 3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
          const @big : i8[64, 3] per_channel(0)
          func @main(%x: f32[n, 3], %mask: bool[n, 1]) -> (y: f32[n, 2], top: f32[n, 1]) {
            %0 = linear(%x, @w, _) : f32[n, 2] "encoder.0.fc"
            %1 = softmax(%0) {axis: -1, off_by_one: true} : f32[n, 2]
            %2 = where(%mask, %1, %0) : f32[n, 2]
            %3, %4 = top_k(%2) {k: 1} : f32[n, 1], i64[n, 1] "top"
            %5 = pad(%3) {before: [0, 0], after: [0, 0], mode: "edge"} : f32[n, 1]
            return %2, %5
          }
        }
        """

    @Test func theValidTextIsValid() throws { try Module(parsing: ParseErrorTests.valid).verify() }

    /// Each case replaces one piece of the valid text and expects the fault at a line and column.
    @Test(arguments: [
        ("module", "modul", 1, 1, "'module' is expected"),
        ("stage(clean)", "stage(cleaned)", 1, 17, "is no stage"),
        ("1e-6", "1e-6x", 2, 18, "no number"),
        ("\"b\"]", "\"b]", 2, 44, "no closing quote"),
        ("<4*h + 1>", "<4*h + >", 2, 62, "name is expected"),
        ("{eps: 1e-6,", "{eps: 1e-6, eps: 1,", 2, 24, "given twice"),
        ("f32[2, 3] =", "f33[2, 3] =", 3, 14, "no element type"),
        (", 6.0]", "]", 3, 26, "do not fill"),
        ("%mask: bool", "%x: bool", 5, 29, "two inputs"),
        ("-> (y", "- (y", 5, 48, "'->' is expected"),
        ("linear(%x,", "linear(%y,", 6, 17, "not defined above"),
        ("@w, _", "@v, _", 6, 21, "no constant @v"),
        ("linear(", "lineer(", 6, 5, "no operator 'lineer'"),
        ("f32[n, 2] \"encoder.0.fc\"", "f32[n, 4]", 6, 5, "not what is declared"),
        ("off_by_one: true", "off_by_two: true", 7, 5, "off_by_two"),
        ("axis: -1", "axis: 1.5", 7, 5, "must be an integer"),
        ("%2 = where(%mask", "%1 = where(%mask", 8, 5, "defined twice"),
        ("where(%mask, %1, %0)", "where(%mask, %1)", 8, 5, "where ''"),
        ("\"edge\"", "\"edges\"", 10, 5, "'edges'"),
        ("return %2, %5", "return %2", 12, 3, "',' is expected"),
        ("return %2, %5", "return %5, %5", 11, 12, "is declared"),
        ("return %2, %5", "retrun %2, %5", 11, 5, "'%result = operator(…)' or 'return' is expected"),
    ])
    func faultsAreLocated(_ old: String, _ new: String, _ line: Int, _ column: Int, _ message: String) throws {
        let text = ParseErrorTests.valid.replacing(old, with: new, maxReplacements: 1)
        let error = try #require(throws: ParseError.self) { try Module(parsing: text) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.line == line && error.column == column, "\(error)")
    }

    @Test func theEnd() {
        for text in [
            "", "module", "module @m {", "module @m {}\nmodule @n {}", "module @m { func @f() -> () { return } } }", "module @\"m",
        ] {
            #expect(throws: ParseError.self, "\(text)") { try Module(parsing: text) }
        }
    }

    @Test func hostileNesting() {
        for open in ["{a: ", "<(", "<max(1, "] {
            let text = "module @m { metadata {x: " + String(repeating: open, count: 5000)
            #expect(throws: ParseError.self) { try Module(parsing: text) }
        }
        let product = (0..<40).map { "(a\($0) + b\($0))" }.joined(separator: "*")
        #expect(throws: ParseError.self) { try Module(parsing: "module @m { metadata {x: <\(product)>} }") }
        #expect(throws: ParseError.self) { try Module(parsing: "module @m { metadata {x: <floordiv(n, 0)>} }") }
    }

    /// Mutated texts either parse, and then print and parse to the same module, or fail with an error; they never crash.
    @Test func mutationsNeverCrash() throws {
        var random = SeededRandom(seed: 2024)
        let valid = Array(ParseErrorTests.valid.utf8)
        let pieces = [
            "-", "99999999999999999999", "-9223372036854775808", "%", "@", "\"", "[", "]", "{", "}", "(", ")", "<", ">", "0", "_", "*", "n",
            "floordiv(", "max(n, ", "\u{0}", "é", "i4", "per_group(1, 2)", "inf", "nan", "#", "\n", "return",
        ]
        var parsed = 0
        for _ in 0..<2000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let length = Int.random(in: 0...6, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeSubrange(place..<min(place + length, bytes.count))
                case 1: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
                case 2: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default:
                    let from = Int.random(in: 0..<bytes.count, using: &random)
                    bytes.insert(contentsOf: Array(bytes[from..<min(from + 3 * length, bytes.count)]), at: place)
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            guard let module = try? Module(parsing: text) else { continue }
            parsed += 1
            #expect(try Module(parsing: module.description).description == module.description, "\(text)")
            try? module.verify()
        }
        #expect(parsed > 50)
    }
}
