import IR
import Runtime
import TestSupport
import Testing

/// Concats whose operands are written in place, and enlarged pictures that convolutions read small.
@Suite struct ConcatTests {
    /// The kernels of a run of `main` with seeded inputs and weights, whose results must be those of the interpreter.
    private func kernels(_ text: String, _ bindings: Binding) throws -> [String] {
        var (module, draw) = (try Module(parsing: text), SampleTensors(seed: 91))
        for constant in module.constants.values.sorted(by: { $0.key < $1.key }) {
            let shape = try #require(constant.type.staticShape)
            module.setConstant(Constant(key: constant.key, draw.floats(shape, -0.25...0.25)))
        }
        let function = try #require(module.function("main"))
        var inputs: [String: Tensor] = [:]
        for value in function.inputs {
            let name = try #require(function.inputName(of: value))
            inputs[name] = draw.floats(try function.type(of: value).sizes(bindings))
        }
        let session = Session(try Plan(module))
        var names: [String] = []
        session.observer = { kernel, _, _ in names.append(kernel) }
        let (results, expected) = (try session.run("main", inputs), try Interpreter.run(module, "main", inputs))
        #expect(results.count == expected.count)
        for (name, wanted) in expected {
            let actual = try #require(results[name])
            #expect(mismatch(actual, wanted, [Double](repeating: 1e-4, count: wanted.count)) == nil, "\(name)")
        }
        return names
    }

    /// A skip connection that others read too, and a picture enlarged on the way back up.
    private static let unet = """
        module @m stage(clean) {
          const @first : f32[4, 4, 3, 3]
          const @down : f32[8, 4, 3, 3]
          const @middle : f32[6, 8, 3, 3]
          const @up : f32[6, 6, 3, 3]
          const @out : f32[3, 10, 3, 3]
          const @gamma : f32[6]
          func @main(%x: f32[n, 4, 2*k, 2*k]) -> (y: f32[n, 3, 2*k, 2*k], z: f32[n, 4, 2*k, 2*k]) {
            %0 = fused_conv2d(%x, @first) {activation: "silu", padding: [1, 1, 1, 1]} : f32[n, 4, 2*k, 2*k]
            %1 = conv2d(%0, @down) {padding: [1, 1, 1, 1], stride: [2, 2]} : f32[n, 8, k, k]
            %2 = conv2d(%1, @middle) {padding: [1, 1, 1, 1]} : f32[n, 6, k, k]
            %3 = resize(%2) {mode: "nearest", size: [2*k, 2*k]} : f32[n, 6, 2*k, 2*k]
            %4 = conv2d(%3, @up) {padding: [1, 1, 1, 1]} : f32[n, 6, 2*k, 2*k]
            %5 = group_norm(%4, @gamma) {eps: 0.1, groups: 2} : f32[n, 6, 2*k, 2*k]
            %6 = concat(%5, %0) {axis: 1} : f32[n, 10, 2*k, 2*k]
            %7 = conv2d(%6, @out) {padding: [1, 1, 1, 1]} : f32[n, 3, 2*k, 2*k]
            %8 = abs(%0) : f32[n, 4, 2*k, 2*k]
            return %7, %8
          }
        }
        """

    @Test(arguments: [(1, 3), (3, 3), (2, 6), (1, 1)])
    func skipConnectionsAndEnlargedPicturesAreNotCopied(_ batch: Int, _ half: Int) throws {
        let names = try kernels(ConcatTests.unet, ["n": batch, "k": half])
        // The channels-last input, and the two results that leave row-major.
        #expect(names.filter { $0 == "copy" }.count <= 4, "\(names)")
        #expect(!names.contains { $0.hasPrefix("resize") }, "\(names)")
    }

    /// Kernels of convolutions double pictures, no more.
    @Test func otherFactorsAreCopied() throws {
        let tripled = ConcatTests.unet.replacing("2*k", with: "3*k").replacing("stride: [2, 2]", with: "stride: [3, 3]")
        let doubled = try kernels(ConcatTests.unet, ["n": 1, "k": 2]), other = try kernels(tripled, ["n": 1, "k": 2])
        #expect(other.count == doubled.count + 1, "\(other)")
    }

    @Test func rowsAreWrittenWhereTheyAreJoined() throws {
        let names = try kernels(
            """
            module @m stage(clean) {
              const @w : f32[8, 8]
              func @main(%a: f32[1, n, 8], %b: f32[1, m, 8]) -> (y: f32[1, m + n, 8]) {
                %0 = linear(%a, @w) : f32[1, n, 8]
                %1 = tanh(%b) : f32[1, m, 8]
                %2 = abs(%0) : f32[1, n, 8]
                %3 = concat(%2, %1) {axis: 1} : f32[1, m + n, 8]
                return %3
              }
            }
            """, ["n": 3, "m": 5])
        #expect(!names.contains("copy"), "\(names)")
    }

    /// One operand twice, an operand that is a result too, and one that is changed later.
    @Test func sharedOperandsAreCopied() throws {
        let names = try kernels(
            """
            module @m stage(clean) {
              func @main(%a: f32[1, 3], %b: f32[1, 3]) -> (y: f32[3, 3], z: f32[2, 3], t: f32[1, 3], u: f32[1, 3]) {
                %0 = tanh(%a) : f32[1, 3]
                %1 = abs(%b) : f32[1, 3]
                %2 = concat(%0, %0, %1) {axis: 0} : f32[3, 3]
                %3 = neg(%2) : f32[3, 3]
                %4 = sigmoid(%1) : f32[1, 3]
                %5 = concat(%4, %1) {axis: 0} : f32[2, 3]
                %6 = neg(%4) : f32[1, 3]
                %7 = exp(%1) : f32[1, 3]
                return %3, %5, %6, %7
              }
            }
            """, [:])
        #expect(names.contains("copy"))
    }
}
