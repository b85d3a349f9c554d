import IR
import Testing

@testable import Runtime

/// Sizes that a model takes at most.
@Suite struct LargestSizeTests {
    private func module(_ body: String, _ largest: Binding) throws -> Module {
        var module = try Module(parsing: "module @m {\n\(body)\n}")
        module.largestSizes = largest
        return module
    }

    private func session(_ largest: Binding) throws -> Session {
        let body = "func @main(%x: f32[n, 2]) -> (y: f32[n, 2]) {\n%0 = mul(%x, %x) : f32[n, 2]\nreturn %0\n}"
        return Session(try Plan(module(body, largest)))
    }

    private func problem(_ body: () throws -> Void) throws -> String {
        do { try body() } catch let error as RuntimeError {
            #expect(error.cause == .call)
            return error.description
        }
        return "nothing was refused"
    }

    private func rows(_ count: Int) -> [String: Tensor] { ["x": Tensor([Float](repeating: 2, count: 2 * count), [count, 2])] }

    @Test func moreIsRefusedInEveryWayToRun() throws {
        let session = try session(["n": 3])
        #expect(try session.run("main", rows(3))["y"]?.shape == [3, 2])
        let output = StateTensor(zeros: .f32, [4, 2])
        let ways: [() throws -> Void] = [
            { _ = try session.run("main", rows(4)) }, { try session.prepare("main", binding: ["n": 4]) },
            { _ = try session.run("main", values: rows(4).mapValues { .tensor($0) }) },
            { _ = try session.workingBytes("main", binding: ["n": 4]) },
            {
                let given = rows(4)
                try session.run("main", count: 1, names: { (["x"], []) }, input: { given[$0] }, state: { _ in nil }, into: { _ in output })
            },
        ]
        for way in ways {
            let text = try problem(way)
            #expect(text.contains("function 'main': n is 4, and the model was compiled for 3 at most"), "\(text)")
        }
        // It goes on with what it takes.
        #expect(try session.run("main", rows(2))["y"]?.shape == [2, 2])
    }

    /// Of symbols that other functions have, and of a function that has none of them, nothing is asked.
    @Test func otherSizesAreFree() throws {
        #expect(try session(["k": 1]).run("main", rows(5))["y"]?.count == 10)
        #expect(try session([:]).run("main", rows(5))["y"]?.count == 10)
    }

    /// Sizes that data decide count as well; a private function's symbols are its own.
    @Test func sizesOfData() throws {
        let body = """
            const @zero : f32[] = [0.0]
            private func @square(%v: f32[c]) -> (w: f32[c]) {
              %0 = mul(%v, %v) : f32[c]
              return %0
            }
            func @main(%x: f32[n]) -> (y: f32[k], z: f32[n]) {
              %0 = gt(%x, @zero) : bool[n]
              %1 = nonzero(%0) sizes(k) : i64[1, k]
              %2 = reshape(%1) {shape: [k]} : i64[k]
              %3 = gather(%x, %2) : f32[k]
              %4 = call(%x) {function: @square} : f32[n]
              return %3, %4
            }
            """
        let plan = try Plan(module(body, ["k": 2, "c": 1]))
        func run(_ values: [Float]) throws -> [Float]? { try Session(plan).run("main", ["x": Tensor(values, [values.count])])["y"]?.floats }
        #expect(try run([1, -1, 2, -2]) == [1, 2])
        #expect(try problem { _ = try run([1, 2, 3, -1]) }.contains("k is 3, and the model was compiled for 2 at most"))
    }

    @Test func theyAreFactsOfTheModule() throws {
        let session = try session(["n": 3])
        let text = session.plan.module.description
        #expect(try Module(parsing: text).largestSizes == ["n": 3], "\(text)")
        // Input, output; the product is written to the output.
        #expect(try session.workingBytes("main", binding: ["n": 3]) == 48)
        #expect(try session.workingBytes("main", binding: [:]) == nil)
        var foreign = session.plan.module
        foreign.metadata["largest_sizes"] = .dictionary(["n": .int(-1), "m": .string("x"), "k": .int(4)])
        #expect(foreign.largestSizes == ["k": 4])
    }
}
