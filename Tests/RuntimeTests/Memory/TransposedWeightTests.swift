import CKernels
import IR
import Passes
import TestSupport
import Testing

@testable import Runtime

/// Weights [inputs, outputs], as ONNX files have them, are packed from where they lie.
@Suite struct TransposedWeightTests {
    private static func matrix(_ shape: [Int]) -> Tensor {
        var draw = SampleTensors(seed: 5)
        return draw.floats(shape)
    }

    private static func turned(_ x: Tensor) throws -> Tensor {
        let bytes = try #require(Bytes(transposing: x.bytes, rows: x.shape[1], columns: x.shape[0]))
        return try #require(Tensor(dtype: .f32, shape: [x.shape[1], x.shape[0]], bytes: ByteSlice(bytes)))
    }

    @Test(arguments: [[1, 1], [33, 65], [64, 7]]) func readsAsTheTransposition(_ shape: [Int]) throws {
        let x = Self.matrix(shape)
        let y = try Self.turned(x)
        #expect(y == (try Transpose([1, 0]).evaluate([x], [:])[0]))
        #expect(try Self.turned(x).bytes.elementsEqual(Self.turned(x).bytes))
        #expect(Bytes(transposing: x.bytes, rows: shape[1], columns: shape[0] + 1) == nil)
        #expect(ByteSlice(y.bytes.owner, offset: 0, count: 0)?.transposed == nil || y.bytes.count == 0)
    }

    @Test(arguments: [(2, 1), (16, 32), (77, 96), (40, 33), (100, 5)]) func packsAsTheTransposition(_ inputs: Int, _ outputs: Int) throws {
        let x = Self.matrix([inputs, outputs])
        let plain = try Transpose([1, 0]).evaluate([x], [:])[0]
        for set in Machine.InstructionSet.allCases {
            let a = try #require(PackedWeight(try Self.turned(x).bytes, TK_WEIGHT_F32, rows: outputs, columns: inputs, for: set))
            let b = try #require(PackedWeight(plain.bytes, TK_WEIGHT_F32, rows: outputs, columns: inputs, for: set))
            #expect(a.bytes.elementsEqual(b.bytes), "\(set)")
        }
        #expect(
            tk_pack_transposed(TK_WEIGHT_I8, tk_packed_layout_of(TK_WEIGHT_I8, 0), x.bytes.pointer, outputs, outputs, inputs, nil)
                == TK_UNSUPPORTED)
        #expect(
            tk_pack_transposed(TK_WEIGHT_F32, tk_packed_layout_of(TK_WEIGHT_F32, 0), x.bytes.pointer, outputs - 1, outputs, inputs, nil)
                == TK_BAD_ARGUMENT)
    }

    /// The clean module holds the weight as one that is not written out, and the plan computes with it.
    @Test func foldingDoesNotMoveIt() throws {
        let weight = Self.matrix([128, 160])
        let module = try Module.main(
            { graph in
                let x = try graph.addInput("x", TensorType(.f32, [.symbol("n"), 128]))
                try graph.addOutput("y", graph.apply(MatMul(), [x, graph.constant("w", weight.type)], name: "fc"))
            }, constants: ["w": weight])
        let clean = try PassManager.run(module, .clean).module
        #expect(clean.constants.values.contains { $0.bytes?.transposed != nil })
        let x = Self.matrix([3, 128])
        let expected = try #require(try Interpreter.run(module, "main", ["x": x])["y"])
        let y = try #require(try Session(try Plan(clean)).run("main", ["x": x])["y"])
        for (a, b) in zip(y.doubles, expected.doubles) { #expect(abs(a - b) <= 1e-4) }
    }
}
