import IR
import Passes
import Testing

@testable import Runtime

/// A lowered module that was printed and read again runs like the one it was made from; what it says of kernels is not trusted.
@Suite struct LoweredTextTests {
    private func run(_ module: Module, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        try Session(try Plan(module)).run("main", inputs)
    }

    @Test func printedLoweredModulesRun() throws {
        let clean = try Functions.transformer(width: 64)
        let lowered = try Plan.lowered(clean)
        let text = lowered.description
        #expect(text.contains(" = pack(@"))
        let parsed = try Module(parsing: text, resolving: lowered.constants)
        #expect(parsed == lowered)
        #expect(try Plan.lowered(parsed) == lowered)
    }

    @Test(arguments: [
        // Packed for a kernel of f32, fed with another type; packed on one side alone; returned packed.
        "%0 = cast(%x) {to: bf16} : bf16[2, 2]\n%1 = linear(%0, %p) : bf16[2, 2]\n%2 = cast(%1) {to: f32} : f32[2, 2]\nreturn %2",
        "%0 = gated_linear(%x, %p, @w) {activation: \"none\"} : f32[2, 2]\nreturn %0",
        "%0 = matmul(%x, @w) : f32[2, 2]\nreturn %0",
    ])
    func whatItSaysOfKernelsIsDecidedAnew(_ body: String) throws {
        let text = """
            module @m stage(lowered) {
              const @w : f32[2, 2] = [1.0, 2.0, 3.0, 4.0]
              func @main(%x: f32[2, 2]) -> (y: f32[2, 2]) {
                %p = pack(@w) {layout: "panels"} : f32[2, 2] panels
                \(body)
              }
            }
            """
        let module = try Module(parsing: text)
        let x = Tensor([1, -1, 2, 0.5] as [Float], [2, 2])
        let expected = try #require(try Interpreter.run(module, "main", ["x": x])["y"])
        let actual = try #require(try run(module, ["x": x])["y"])
        for (a, b) in zip(actual.floats, expected.floats) { #expect(abs(a - b) <= 0.02 * max(1, abs(b))) }
    }
}
