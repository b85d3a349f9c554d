import IR
import Testing

@Suite struct InterpreterTests {
    private func model() throws -> Module {
        try Module(
            parsing: """
                module @m {
                  const @w : f32[2, 2] = [1.0, 0.0, 0.0, 2.0]
                  const @absent : f32[100]
                  func @f(%x: f32[n, 2], %p: i64[n]) -> (y: f32[n, 2], p: i64[n], w: f32[2, 2]) {
                    %0 = linear(%x, @w) : f32[n, 2] "fc"
                    %1 = gather(%0, %p) : f32[n, 2] "pick"
                    return %1, %p, @w
                  }
                  func @g() -> (y: f32[100]) {
                    return @absent
                  }
                }
                """)
    }

    @Test func runs() throws {
        let x = Tensor([1, 2, 3, 4], [2, 2])
        let result = try Interpreter.run(try model(), "f", ["x": x, "p": Tensor(integers: [1, 0], [2])])
        #expect(result["y"]?.floats == [3, 8, 1, 4] && result["p"]?.integers == [1, 0] && result["w"]?.floats == [1, 0, 0, 2])
    }

    @Test func refuses() throws {
        let module = try model()
        let x = Tensor([1, 2, 3, 4], [2, 2])
        let p = Tensor(integers: [1, 2], [2])
        func message(_ inputs: [String: Tensor], _ name: String = "f", _ binding: Binding = [:]) -> String {
            do { _ = try Interpreter.run(module, name, inputs, binding: binding) } catch { return "\(error)" }
            return "no error"
        }
        #expect(message(["x": x, "p": p]).contains("gather 'pick': index 2 lies outside 0 ..< 2"))
        #expect(message(["x": x]).contains("input 'p' of 'f' is missing"))
        #expect(message(["x": x, "p": Tensor(integers: [1], [1])]).contains("input 'p' must be i64[n]"))
        #expect(message(["x": p, "p": p]).contains("input 'x' must be f32[n, 2], not i64[2]"))
        #expect(message(["x": x, "p": p], "f", ["n": 3]).contains("contradicts"))
        #expect(message([:], "h").contains("it has f, g"))
        #expect(message([:], "g").contains("constant @absent has no value"))
    }
}
