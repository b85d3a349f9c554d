import CKernels
import IR
import Passes
import TestSupport
import Testing

@testable import Runtime

/// Which product weights get: what the quantizer makes of them must be what the kernels ask for.
@Suite struct WeightFormatTests {
    /// A dense layer whose uniform weights need the second condition of half range.
    private static func dense() throws -> Module {
        var draw = SampleTensors(seed: 71)
        let weight = draw.floats([96, 77])
        return try .main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [.symbol("n"), 77]))
                try graph.addOutput("y", graph.apply(Linear(), [x, graph.constant("w", weight.type), nil], name: "fc"))
            }, constants: ["w": weight])
    }

    private static func formats(_ pipelines: [Pipeline]) throws -> Set<UInt32> {
        let module = try PassManager.run(try dense(), pipelines, PassOptions()).module
        let store = WeightStore(module)
        return Set(module.constants.keys.compactMap { store.weight($0)?.format.rawValue })
    }

    @Test func weightsQuantizedToHalfRangeAreMultipliedAsSuch() throws {
        #expect(try Self.formats([.clean, .int8(halfRange: true)]) == [TK_WEIGHT_I7.rawValue])
        #expect(try Self.formats([.clean, .int8(halfRange: false)]) == [TK_WEIGHT_I8.rawValue])
        #expect(try Self.formats([.clean]) == [TK_WEIGHT_F32.rawValue])
    }

    /// A row of weights too small for a scale does not cost the whole module its faster product.
    @Test func tinyRowsStayOfHalfRange() throws {
        let values = (0..<96 * 77).map { $0 < 77 ? Float(1e-38) : Float($0 % 13) - 6 }
        let module = try Module.main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [.symbol("n"), 77]))
                try graph.addOutput("y", graph.apply(Linear(), [x, graph.constant("w", TensorType(.f32, [96, 77])), nil], name: "fc"))
            }, constants: ["w": Tensor(values, [96, 77])])
        let narrow = try PassManager.run(module, [.clean, .int8(halfRange: true)], PassOptions()).module
        let store = WeightStore(narrow)
        #expect(Set(narrow.constants.keys.compactMap { store.weight($0)?.format.rawValue }) == [TK_WEIGHT_I7.rawValue])
    }
}
