import IR
import TestSupport
import Testing

@testable import Passes

@Suite("Constant folding") struct ConstantFoldTests {
    private func fold(_ rule: ConstantFold, _ module: Module) throws -> Module {
        try PassManager.run(module, Pipeline("test", stage: .clean, [Pipeline.Step(rule, because: "Test.")])).module
    }

    @Test("direct loops give what evaluate gives", arguments: [DType.f16, .bf16, .f32])
    func convertsLikeEvaluate(_ source: DType) throws {
        for shape in [[7, 5], [257, 256]] { try convertsLikeEvaluate(.random(source, shape, seed: "x")) }
    }

    private func convertsLikeEvaluate(_ x: Tensor) throws {
        let source = x.dtype
        for target in [DType.f16, .bf16, .f32] {
            guard let fast = FastEvaluation.convert(x, to: target) else {
                #expect(source == target || (source != .f32 && target != .f32))
                continue
            }
            #expect(try [fast] == Cast(to: target).evaluate([x], [:]))
        }
    }

    @Test func everyHalfIsWidenedAsTheLanguageDoes() {
        for half in UInt16.min ... .max {
            let (ours, theirs) = (FastEvaluation.float(half: half), Float(Float16(bitPattern: half)))
            #expect(ours.bitPattern == theirs.bitPattern || ours.isNaN && theirs.isNaN)
        }
    }

    @Test("transposition moves every width", arguments: [DType.u8, .f16, .f32, .f64, .i64])
    func transposesLikeEvaluate(_ dtype: DType) throws {
        let x = Tensor.random(dtype, [2, 3, 4, 5], seed: "x")
        for permutation in [[3, 2, 1, 0], [0, 2, 1, 3], [0, 1, 3, 2], [1, 0, 2, 3], [0, 1, 2, 3]] {
            #expect(try Transposition.result(x, permutation).map { [$0] } == Transpose(permutation).evaluate([x], [:]))
        }
        #expect(Transposition.result(x, [0, 0, 1, 2]) == nil)
        let matrix = Tensor.random(dtype, [70, 45], seed: "matrix")
        #expect(try Transposition.result(matrix, [1, 0]).map { [$0] } == Transpose([1, 0]).evaluate([matrix], [:]))
    }

    @Test func functionsShareWhatTheyFold() throws {
        var text = "module @m stage(imported) {\n  const @w : f16[3, 4]\n"
        for name in ["decode", "step"] {
            text += """
                  func @\(name)(%x: f32[n, 4]) -> (y: f32[n, 3]) {
                    %0 = cast(@w) {to: f32} : f32[3, 4]
                    %1 = linear(%x, %0) : f32[n, 3]
                    return %1
                  }

                """
        }
        let module = try Module(parsing: text + "}\n").withRandomConstants()
        let folded = try fold(ConstantFold(), module)
        #expect(Array(folded.constants.keys) == ["w#cast(f32)"])
        #expect(folded.functions.allSatisfy { $0.nodeCount == 1 })
    }

    @Test func keepsToItsBudget() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @w : f16[64, 64]
                  func @main(%x: f32[n, 64]) -> (y: f32[n, 64]) {
                    %0 = cast(@w) {to: f32} : f32[64, 64]
                    %1 = linear(%x, %0) : f32[n, 64]
                    return %1
                  }
                }
                """
        ).withRandomConstants()
        func nodes(_ rule: ConstantFold) throws -> Int? { try fold(rule, module).function("main")?.nodeCount }
        #expect(try nodes(ConstantFold(smallBytes: 0)) == 1)
        #expect(try nodes(ConstantFold(smallBytes: 0, growth: 1)) == 2)
        #expect(try nodes(ConstantFold(smallBytes: 0, largestBytes: 16_383)) == 2)
        #expect(try nodes(ConstantFold(smallBytes: 16_384, growth: 1)) == 1)
    }

    @Test func leavesConstantsWithoutDataAlone() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @w : f16[3, 4]
                  func @main() -> (y: f32[3, 4]) {
                    %0 = cast(@w) {to: f32} : f32[3, 4]
                    return %0
                  }
                }
                """)
        #expect(try fold(ConstantFold(), module).function("main") == module.function("main"))
    }
}
