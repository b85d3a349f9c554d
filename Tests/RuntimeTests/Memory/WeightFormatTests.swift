import CKernels
import IR
import Passes
import TestSupport
import Testing

@testable import Runtime

/// Which product weights get: what the quantizer makes of them must be what the kernels ask for.
@Suite struct WeightFormatTests {
    /// The formats that a dense layer's weight [96, k] has after the pipelines.
    private static func formats(_ weight: Tensor, _ pipelines: [Pipeline]) throws -> Set<UInt32> {
        let dense = try Module.main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [.symbol("n"), Dim(weight.shape[1])]))
                try graph.addOutput("y", graph.apply(Linear(), [x, graph.constant("w", weight.type), nil], name: "fc"))
            }, constants: ["w": weight])
        let module = try Plan.lowered(try PassManager.run(dense, pipelines, PassOptions()).module)
        let store = WeightStore(module)
        return Set(module.functions.flatMap(\.packings).compactMap { store.weight($0)?.format.rawValue })
    }

    @Test func weightsQuantizedToHalfRangeAreMultipliedAsSuch() throws {
        var draw = SampleTensors(seed: 71)
        // Uniform ones, which need the second condition of half range.
        let weight = draw.floats([96, 77])
        #expect(try Self.formats(weight, [.clean, .precision(.int8, halfRange: true)]) == [TK_WEIGHT_I7.rawValue])
        #expect(try Self.formats(weight, [.clean, .precision(.int8, halfRange: false)]) == [TK_WEIGHT_I8.rawValue])
        #expect(try Self.formats(weight, [.clean]) == [TK_WEIGHT_F32.rawValue])
    }

    /// One large weight in a row does not cost the layer its faster product, where there is one.
    @Test func fewLargeWeightsAreMultipliedApart() throws {
        var draw = SampleTensors(seed: 72)
        let weight = Tensor(
            draw.floats([96, 300], -0.1...0.1).floats.enumerated().map { $0.offset % 300 < 2 ? 1 : $0.element }, [96, 300])
        let expected = Machine.prefersHalfRangeWeights(on: Machine.active) ? TK_WEIGHT_I7_REST : TK_WEIGHT_I8
        #expect(try Self.formats(weight, [.clean, .precision(.int8, halfRange: false)]) == [expected.rawValue])
    }

    /// A row of weights too small for a scale does not cost the whole module its faster product.
    @Test func tinyRowsStayOfHalfRange() throws {
        let values = (0..<96 * 77).map { $0 < 77 ? Float(1e-38) : Float($0 % 13) - 6 }
        let weight = Tensor(values, [96, 77])
        #expect(try Self.formats(weight, [.clean, .precision(.int8, halfRange: true)]) == [TK_WEIGHT_I7.rawValue])
    }
}
