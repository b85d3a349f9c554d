import IR
import TestSupport
import Testing

@testable import Runtime

/// In which order filters of convolutions are packed before image sizes are known.
@Suite struct FilterOrderTests {
    @Test(arguments: Machine.InstructionSet.allCases) func narrowFiltersAreDirectWhereAMXMultiplies(set: Machine.InstructionSet) throws {
        guard Machine.canRun(set) else { return }
        var draw = SampleTensors(seed: 2)
        func isDirect(_ channels: Int, _ dtype: DType) throws -> Bool {
            let values = draw.floats([8, channels, 3, 3]).doubles.map { dtype == .i8 ? ($0 * 100).rounded() : $0 }
            return try #require(PackedFilter(Tensor(values, [8, channels, 3, 3], as: dtype), for: set)).isDirect
        }
        #expect(try isDirect(32, .f32) == false)
        for dtype in [DType.bf16, .i8] {
            #expect(try isDirect(32, dtype) == (set == .amx))
            // Too few channels, or an odd number of them.
            #expect(try isDirect(8, dtype) == false)
            #expect(try isDirect(33, dtype) == false)
        }
    }
}
