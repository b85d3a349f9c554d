import Testing

@testable import IR

/// What inference and the verifier say of calls, loops, and sizes that data decide.
@Suite struct ControlFlowTests {
    private func module(_ body: String) throws -> Module { try Module(parsing: "module @m {\n\(body)\n}") }

    private let square = """
        private func @square(%v: f32[k, k]) -> (w: f32[k, k]) {
          %0 = mul(%v, %v) : f32[k, k]
          return %0
        }
        """

    @Test func operandsOfACallMustFit() throws {
        let call = { (shape: String) in
            """
            func @main(%x: f32[\(shape)]) -> (y: f32[\(shape)]) {
              %0 = call(%x) {function: @square} : f32[\(shape)]
              return %0
            }
            """
        }
        _ = try module(square + call("n, n"))
        #expect(throws: ParseError.self) { try module(square + call("n, n + 1")) }
        #expect(throws: ParseError.self) { try module(square + call("n")) }
    }

    @Test func callsInACircleAreRefused() throws {
        let module = try module(
            """
            func @a(%x: f32[n]) -> (y: f32[n]) {
              %0 = call(%x) {function: @b} : f32[n]
              return %0
            }
            func @b(%x: f32[n]) -> (y: f32[n]) {
              %0 = call(%x) {function: @a} : f32[n]
              return %0
            }
            """)
        let error = #expect(throws: VerificationError.self) { try module.verify() }
        #expect(error?.description.contains("a → b → a") == true)
    }

    @Test func aSizeIsBornOnce() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", TensorType(.f32, [.symbol("n0")]))
        let first = try graph.add(NonZero(), [x], name: "first")
        // n0 is taken by the input.
        #expect(graph.type(of: first[0]).shape == [1, .symbol("n1")])
        let second = try graph.add(NonZero(), [x], name: "second", sizes: ["n1"], callees: .none)
        try graph.addOutput("a", first[0])
        try graph.addOutput("b", second[0])
        var module = Module(name: "m")
        module.setFunction(graph)
        let error = #expect(throws: VerificationError.self) { try module.verify() }
        #expect(error?.description.contains("'n1'") == true)
    }

    @Test func aLoopsBodyMustHandOnWhatItTakes() {
        let text = { (type: String) in
            """
            private func @body(%i: i64[], %go: bool[], %x: f32[4]) -> (go: bool[], x: \(type)) {
              %0 = fill() {dtype: \(type.prefix(3)), shape: [\(type.dropFirst(4).dropLast())], value: 0.0} : \(type)
              return %go, %0
            }
            func @main(%x: f32[4]) -> (y: \(type)) {
              %0 = loop(_, _, %x) {body: @body, carried: 1} : \(type)
              return %0
            }
            """
        }
        #expect(throws: Never.self) { try module(text("f32[4]")) }
        #expect(throws: ParseError.self) { try module(text("f32[5]")) }
        #expect(throws: ParseError.self) { try module(text("i64[4]")) }
    }

    @Test func nodesWhoseSizesAreReadStay() throws {
        let module = try module(
            """
            func @main(%x: i64[1]) -> (y: i64[a]) {
              sizes(%x) sizes(a)
              %0 = nonzero(%x) sizes(b) : i64[1, b]
              %1 = iota() {size: <a>} : i64[a]
              return %1
            }
            """)
        var graph = try #require(module.function("main"))
        #expect(graph.removeDeadNodes() == 1)
        #expect(graph.nodes.map(\.opName) == ["sizes", "iota"])
    }

    @Test func sizesThatDataDecideAreCheckedWhenTheyAreKnown() throws {
        let module = try module(
            """
            func @main(%x: f32[n], %sides: i64[2]) -> (y: f32[a, b]) {
              sizes(%sides) sizes(a, b)
              %0 = reshape(%x) {shape: [a, b]} : f32[a, b]
              return %0
            }
            """)
        let x = Tensor([1, 2, 3, 4, 5, 6] as [Float], [6])
        let y = try Interpreter.run(module, "main", ["x": x, "sides": Tensor(integers: [2, 3], [2])])
        #expect(y["y"]?.shape == [2, 3])
        #expect(throws: EvaluationError.self) { try Interpreter.run(module, "main", ["x": x, "sides": Tensor(integers: [2, 4], [2])]) }
        #expect(throws: EvaluationError.self) { try Interpreter.run(module, "main", ["x": x, "sides": Tensor(integers: [-2, -3], [2])]) }
        // n is not n + 1, whatever n is.
        #expect(throws: ParseError.self) {
            try self.module("func @f(%x: f32[n]) -> (y: f32[n + 1]) {\n%0 = reshape(%x) {shape: [n + 1]} : f32[n + 1]\nreturn %0\n}")
        }
    }

    @Test func theVerifierSeesDamagedTables() throws {
        var graph = Graph(name: "f")
        let x = try graph.addInput("x", TensorType(.f32, [2]))
        try graph.addOutput("y", try graph.apply(Unary<Neg>(), [x], name: "minus"))
        var module = Module(name: "m")
        module.setFunction(graph)
        try module.verify()
        graph.userTable[x.index] = []
        module.setFunction(graph)
        let error = #expect(throws: VerificationError.self) { try module.verify() }
        #expect(error?.description.contains("readers of input %x") == true)
    }

    @Test func randomNumbersBelongToSeedAndName() throws {
        let module = try module(
            """
            func @main() -> (a: f32[4], b: f32[4]) {
              %0 = random() {dtype: f32, shape: [4]} : f32[4] "first"
              %1 = random() {dtype: f32, shape: [4]} : f32[4] "second"
              return %0, %1
            }
            """)
        let one = try Interpreter.run(module, "main", [:], seed: 1)
        #expect(one["a"] != one["b"])
        #expect(try Interpreter.run(module, "main", [:], seed: 1) == one)
        #expect(try Interpreter.run(module, "main", [:], seed: 2)["a"] != one["a"])
        #expect(one["a"]?.floats.allSatisfy { (0..<1).contains($0) } == true)
    }
}

extension Tensor {
    /// Bytes that are no layout of strings.
    private static func make(_ offsets: [Int64], _ characters: [UInt8], _ shape: [Int]) -> Tensor? {
        let bytes = offsets.withUnsafeBytes { Array($0) } + characters
        return Tensor(dtype: .string, shape: shape, bytes: ByteSlice(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }))
    }

    static func checkStrings() {
        #expect(make([0, 1, 3], [97, 98, 99], [2])?.strings == ["a", "bc"])
        for (offsets, count) in [([0, 2, 1], 3), ([0, 1, 4], 3), ([1, 1, 3], 3), ([0, 1, 2], 3), ([0, -1, 3], 3)] as [([Int64], Int)] {
            #expect(make(offsets, Array(repeating: 97, count: count), [2]) == nil, "\(offsets)")
        }
        #expect(make([0, 1], [97], [2]) == nil)
    }
}

@Suite struct StringTensorTests {
    @Test func onlyWholeLayoutsAreTensors() { Tensor.checkStrings() }

    @Test func emptyAndMissingElements() {
        #expect(Tensor(strings: ["a"], [3]).strings == ["a", "", ""])
        #expect(Tensor(strings: [], [0]).strings.isEmpty)
    }
}
