import IR
import Testing

@testable import Training

@Suite struct ProductPrecisionTests {
    /// Two layers of 64 to 96 to 64, as wide as products that are rounded.
    private static func network() throws -> TrainedFunction {
        var module = try Module(
            parsing: """
                module @network stage(imported) {
                  const @first : f32[96, 64]
                  const @second : f32[64, 96]
                  func @main(%x: f32[n, 64], %target: f32[n, 64]) -> (loss: f32[]) {
                    %0 = linear(%x, @first, _) : f32[n, 96]
                    %1 = tanh(%0) : f32[n, 96]
                    %2 = linear(%1, @second, _) : f32[n, 64]
                    %3 = sub(%2, %target) : f32[n, 64]
                    %4 = square(%3) : f32[n, 64]
                    %5 = reduce_mean(%4) {axes: [0, 1]} : f32[]
                    return %5
                  }
                }
                """)
        for (stream, (key, shape)) in [("first", [96, 64]), ("second", [64, 96])].enumerated() {
            module.setConstant(Constant(key: key, Tensor(normals(stream, 96 * 64).map { $0 / 8 }, shape)))
        }
        return TrainedFunction(module, name: "main", groups: [ParameterGroup(parameters: ["first", "second"])])
    }

    private static func normals(_ stream: Int, _ count: Int) -> [Float] {
        CounterRandom(seed: 9).substream(UInt64(stream)).normals(count)
    }

    private static let batch = ["x": Tensor(normals(2, 33 * 64), [33, 64]), "target": Tensor(normals(3, 33 * 64), [33, 64])]

    @Test("gradients with rounded products are near those without, and not the same")
    func isClose() throws {
        let function = try ProductPrecisionTests.network()
        let exact = try Trainer(function).gradients(ProductPrecisionTests.batch)
        let rounded = try Trainer(function, TrainerSettings(products: .bf16)).gradients(ProductPrecisionTests.batch)
        for key in ["grad.first", "grad.second"] {
            let (a, b) = (try #require(exact[key]).doubles, try #require(rounded[key]).doubles)
            let difference = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            let share = (difference / a.reduce(0) { $0 + $1 * $1 }).squareRoot()
            #expect(share > 1e-5 && share < 0.01, "\(key): \(share)")
        }
    }

    @Test("a step with rounded products has the same bits on one thread and on two")
    func hasTheSameBits() throws {
        let parameters = try [1, 2].map { threads in
            let trainer = try Trainer(ProductPrecisionTests.network(), TrainerSettings(products: .bf16), threads: threads)
            _ = try trainer.step(ProductPrecisionTests.batch, learningRate: 0.01, weightDecay: 0)
            return trainer.parameters
        }
        #expect(parameters[0] == parameters[1])
    }
}
