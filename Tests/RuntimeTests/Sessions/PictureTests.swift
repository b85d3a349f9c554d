import IR
import TestSupport
import Testing

@testable import Runtime

/// Pictures whose channels stay neighbours from one convolution to the last.
@Suite struct PictureTests {
    private static let text = """
        module @m stage(clean) {
          const @first : f32[11, 3, 3, 3]
          const @bias : f32[11]
          const @depthwise : f32[11, 1, 3, 3]
          const @groups : f32[24, 11, 1, 1]
          const @apart : f32[32, 12, 3, 1]
          const @last : f32[5, 8, 1, 1]
          func @main(%x: f32[n, 3, h, w], %like: f32[p, q]) -> (y: f32[n, 5, p, q]) {
            %0 = fused_conv(%x, @first, @bias) {activation: "relu", padding: [1, 1, 1, 1], stride: [2, 2]} : f32[n, 11, floordiv(h - 1, 2) + 1, floordiv(w - 1, 2) + 1]
            %1 = pad(%0) {after: [0, 0, 1, 2], before: [0, 0, 1, 0], value: 0.5} : f32[n, 11, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %2 = conv(%1, @depthwise) {groups: 11, padding: [1, 1, 1, 1]} : f32[n, 11, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %3 = reduce_mean(%2) {axes: [2, 3], keep_dims: true} : f32[n, 11, 1, 1]
            %4 = mul(%2, %3) : f32[n, 11, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %5 = max_pool(%4) {kernel: [3, 2], padding: [1, 0, 1, 1]} : f32[n, 11, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %6 = conv(%5, @groups) : f32[n, 24, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %7 = conv(%6, @apart) {groups: 2, padding: [1, 0, 1, 0]} : f32[n, 32, floordiv(h - 1, 2) + 3, floordiv(w - 1, 2) + 3]
            %8 = pixel_shuffle(%7) {factor: 2} : f32[n, 8, 2*floordiv(h - 1, 2) + 6, 2*floordiv(w - 1, 2) + 6]
            %9 = expand(%8) {shape: [n, 8, p, q]} : f32[n, 8, p, q]
            %10 = conv(%9, @last) : f32[n, 5, p, q]
            return %10
          }
        }
        """

    private static func module(_ draw: inout SampleTensors) throws -> Module {
        var module = try Module(parsing: text)
        for constant in module.constants.values.sorted(by: { $0.key < $1.key }) {
            module.setConstant(Constant(key: constant.key, draw.floats(try #require(constant.type.staticShape))))
        }
        return module
    }

    @Test func keepTheirLayout() throws {
        var draw = SampleTensors(seed: 31)
        let module = try Self.module(&draw)
        let session = Session(try Plan(module))
        var kernels: [String] = []
        session.observer = { kernel, _, _, _ in kernels.append(kernel) }
        // Sizes that are equal in the end, and rows that a vector does not divide.
        let inputs = ["x": draw.floats([2, 3, 9, 14]), "like": draw.floats([14, 18])]
        let expected = try #require(try Interpreter.run(module, "main", inputs)["y"])
        let y = try #require(try session.run("main", inputs)["y"])
        #expect(y.shape == expected.shape)
        let largest = expected.doubles.map(abs).max() ?? 0
        for (a, b) in zip(y.doubles, expected.doubles) { #expect(abs(a - b) <= 1e-5 * largest) }
        // The input is turned, the middle of the padded picture and the shuffled pixels are moved, the result is turned back.
        #expect(kernels.filter { $0 == "copy" }.count == 4, "\(kernels)")
        #expect(kernels.contains("conv.depthwise") && kernels.filter { $0 == "conv.direct" }.count == 5, "\(kernels)")
    }
}
