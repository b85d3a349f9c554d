import IR
import Testing

@testable import Runtime

/// How functions whose data decide sizes, or that call others, are cut, kept and ended.
@Suite struct SegmentTests {
    private func module(_ body: String) throws -> Module { try Module(parsing: "module @m {\n\(body)\n}") }

    private func kinds(_ program: FunctionProgram) -> [String] {
        program.parts.map { part in
            switch part {
            case .segment(let segment): segment.graph.nodes.map(\.opName).joined(separator: "+")
            case .evaluation(let node): node.opName
            }
        }
    }

    /// What does not depend on data waits for nothing.
    @Test func aFunctionHasAsFewSegmentsAsItsDataAskFor() throws {
        let module = try module(
            """
            func @main(%x: f32[n], %y: f32[n]) -> (a: f32[k], b: f32[n], c: f32[n]) {
              %0 = neg(%x) : f32[n]
              %1 = nonzero(%0) sizes(k) : i64[1, k]
              %2 = exp(%y) : f32[n]
              %3 = reshape(%1) {shape: [k]} : i64[k]
              %4 = gather(%x, %3) : f32[k]
              %5 = add(%2, %0) : f32[n]
              return %4, %2, %5
            }
            """)
        let main = try #require(module.function("main"))
        #expect(kinds(try FunctionProgram(main)) == ["neg+exp+add", "nonzero", "reshape+gather"])
    }

    @Test func aFunctionOfKernelsIsOneSegment() throws {
        let module = try module("func @main(%x: f32[n]) -> (y: f32[n]) {\n%0 = neg(%x) : f32[n]\nreturn %0\n}")
        let program = try FunctionProgram(try #require(module.function("main")))
        #expect(program.whole != nil)
    }

    /// Each segment is kept for the sizes of its own symbols alone.
    @Test func otherSizesOfOthersPlanNothingAnew() throws {
        let module = try module(
            """
            func @main(%x: f32[n], %m: i64[1]) -> (y: f32[n], z: i64[a]) {
              %0 = neg(%x) : f32[n]
              sizes(%m) sizes(a)
              %1 = iota() {size: <a>} : i64[a]
              return %0, %1
            }
            """)
        let session = Session(try Plan(module))
        for count in 1...5 {
            let results = try session.run("main", ["x": Tensor([1, 2] as [Float], [2]), "m": Tensor(integers: [count], [1])])
            #expect(results["z"]?.integers == Array(0..<count))
        }
        // One plan of neg, one of iota for each of five sizes.
        #expect(session.plan.keptPlans == 6)
    }

    @Test func statesOfSeveralPartsAreUpdated() throws {
        let module = try module(
            """
            func @main(%sum: f32[2], %x: f32[n]) -> (sum: f32[2], count: i64[1]) {
              %0 = nonzero(%x) sizes(k) : i64[1, k]
              %1 = shape() {sizes: [k]} : i64[1]
              %2 = cast(%1) {to: f32} : f32[1]
              %3 = add(%sum, %2) : f32[2]
              return %3, %1
            }
            """)
        let session = Session(try Plan(module))
        let sum = StateTensor(Tensor([1, 2] as [Float], [2]))
        let x = Tensor([0, 1, 5] as [Float], [3])
        for _ in 0..<2 { #expect(try session.run("main", ["x": x], states: ["sum": sum]).keys.sorted() == ["count"]) }
        #expect(sum.snapshot().floats == [5, 6])
    }

    private static let endless = """
        private func @body(%i: i64[], %go: bool[], %x: f32[k]) -> (go: bool[], x: f32[k]) {
          %0 = neg(%x) : f32[k]
          return %go, %0
        }
        func @main(%x: f32[n]) -> (y: f32[n]) {
          %0 = loop(_, _, %x) {body: @body, carried: 1} : f32[n] "endless"
          return %0
        }
        """

    @Test func anEndlessLoopEndsWhenItIsCancelled() throws {
        let session = Session(try Plan(try module(Self.endless)))
        let flag = CancellationFlag()
        session.cancellation = flag
        session.observer = { kernel, _, _, _ in if kernel.hasPrefix("unary") { flag.cancel() } }
        #expect(throws: CancellationError.self) { try session.run("main", ["x": Tensor([1] as [Float], [1])]) }
    }

    @Test func failuresInABodyNameTheWay() throws {
        let module = try module(
            """
            private func @body(%part: i64[], %table: f32[4]) -> (y: f32[]) {
              %0 = gather(%table, %part) : f32[] "pick"
              return %0
            }
            func @main(%x: i64[n], %table: f32[4]) -> (y: f32[n]) {
              %0 = scan(%x, %table) {axes: [0], body: @body, part_axes: [0], states: 0} : f32[n] "each"
              return %0
            }
            """)
        let session = Session(try Plan(module))
        let table = Tensor([1, 2, 3, 4] as [Float], [4])
        #expect(try session.run("main", ["x": Tensor(integers: [3, 0], [2]), "table": table])["y"]?.floats == [4, 1])
        let error = #expect(throws: RuntimeError.self) { try session.run("main", ["x": Tensor(integers: [9], [1]), "table": table]) }
        for word in ["'main'", "scan 'each'", "'body'", "gather 'pick'"] { #expect(error?.description.contains(word) == true, "\(word)") }
    }

    @Test func randomNumbersAreTheInterpreters() throws {
        let module = try module(
            """
            private func @body(%i: i64[], %go: bool[], %x: f32[k]) -> (go: bool[], x: f32[k], part: f32[k]) {
              %0 = random() {dtype: f32, shape: [k]} : f32[k] "draw"
              return %go, %0, %0
            }
            func @main(%x: f32[n], %trips: i64[]) -> (y: f32[n], parts: f32[t, n]) {
              %0, %1 = loop(%trips, _, %x) {body: @body, carried: 1} sizes(t) : f32[n], f32[t, n] "loop"
              return %0, %1
            }
            """)
        let inputs: [String: Datum] = ["x": .tensor(Tensor([0, 0, 0] as [Float], [3])), "trips": .tensor(Tensor(integers: [3], []))]
        let session = Session(try Plan(module))
        let results = try session.run("main", values: inputs, seed: 5)
        #expect(try Interpreter.run(module, "main", values: inputs, seed: 5) == results)
        let rows = try #require(results["parts"]?.tensor?.floats)
        // Each call of the body draws its own.
        #expect(Set(rows).count == 9)
        #expect(try session.run("main", values: inputs, seed: 6) != results)
    }
}

@Suite struct RecentTableTests {
    @Test func whatIsAskedForStays() {
        var table = RecentTable<Int, Int>(capacity: 8)
        for key in 0..<100 {
            table[key] = key
            _ = table[0]
        }
        #expect(table.count <= 8)
        #expect(table[0] == 0 && table[99] == 99 && table[1] == nil)
    }
}
