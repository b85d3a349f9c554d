import Testing

@testable import IR

/// Text from strangers: refused with an error, never a trap, and types that verify are no lies.
@Suite struct HostileTextTests {
    private func parsed(_ body: String) throws -> Module { try Module(parsing: "module @m {\n\(body)\n}") }

    @Test(arguments: [
        "%0 = loop(_, _, %x) {body: @body, carried: 9223372036854775807} : f32[n]",
        "%0 = scan(%x) {axes: [0], body: @body, part_axes: [0], states: 9223372036854775807} : f32[n]",
        "%0 = conv(%y, %w) {dilation: [4611686018427387903], padding: [4611686018427387903, 0]} : f32[1, 1, 1]",
        "%0 = slice(%x) {axis: 0, end: <2>, start: <0>, step: -9223372036854775808} : f32[n]",
        "%0 = random() {dtype: f32, shape: [\"\u{1}n\"]} : f32[n]",
    ])
    func hugeNumbersAreRefused(_ line: String) {
        #expect(throws: ParseError.self) {
            try parsed(
                """
                private func @body(%i: i64[], %go: bool[], %x: f32[k]) -> (go: bool[], x: f32[k]) {
                  return %go, %x
                }
                func @main(%x: f32[n], %y: f32[1, 1, 1], %w: f32[1, 1, 4]) -> (y: f32[n]) {
                  \(line)
                  return %x
                }
                """)
        }
    }

    /// Sizes of two branches are not the same because somebody named them so.
    @Test func bornSizesAreLikeNoOther() throws {
        #expect(throws: ParseError.self) {
            try parsed(
                """
                private func @then(%x: f32["?1"]) -> (y: f32["?1"]) {
                  return %x
                }
                private func @else(%x: f32[n]) -> (y: f32[k]) {
                  %0 = nonzero(%x) sizes(k) : i64[1, k]
                  %1 = fill() {dtype: f32, shape: [k], value: 0.0} : f32[k]
                  return %1
                }
                func @main(%c: bool[], %x: f32["?1"]) -> (y: f32["?1"]) {
                  %0 = if(%c, %x) {else: @else, then: @then} : f32["?1"]
                  return %0
                }
                """)
        }
    }

    @Test func sizesAreReadAfterTheyAreDecided() throws {
        let module = try parsed(
            """
            func @main(%m: i64[1]) -> (y: i64[k]) {
              %0 = iota() {size: <k>} : i64[k]
              sizes(%m) sizes(k)
              return %0
            }
            """)
        let error = #expect(throws: VerificationError.self) { try module.verify() }
        #expect(error?.description.contains("'k' before it is decided") == true)
    }

    /// Each call takes some of the stack of whoever runs it.
    @Test(arguments: [Module.deepestCalls, Module.deepestCalls + 1, 3000])
    func callsAreSoDeepAtMost(_ depth: Int) throws {
        var text = "func @f0(%x: f32[n]) -> (y: f32[n]) {\nreturn %x\n}\n"
        for level in 1..<depth {
            text += "func @f\(level)(%x: f32[n]) -> (y: f32[n]) {\n%0 = call(%x) {function: @f\(level - 1)} : f32[n]\nreturn %0\n}\n"
        }
        let module = try parsed(text)
        #expect((module.callFault == nil) == (depth <= Module.deepestCalls))
        guard depth <= Module.deepestCalls else { return }
        let x = Tensor([1, 2] as [Float], [2])
        #expect(try Interpreter.run(module, "f\(depth - 1)", ["x": x])["y"] == x)
    }
}
