import Foundation
import IR
import Passes
import Testing

@Suite struct HalfKeysAndValuesTests {
    private let text = """
        module @case stage(clean) {
          func @context(%x: f32[b, 2, m, 8]) -> (k: f32[b, 2, m, 8]) {
            %0 = square(%x) : f32[b, 2, m, 8] "k"
            return %0
          }
          func @read(%q: f32[b, 2, n, 8], %k: f32[b, 2, m, 8]) -> (y: f32[b, 2, n, 8]) {
            %0 = attention(%q, %k, %k) {scale: 0.5} : f32[b, 2, n, 8] "mix"
            return %0
          }
        }
        """

    private func types(_ text: String, stopAfter: Int? = nil) throws -> [DType] {
        let module = try Module(parsing: text)
        let pipeline = Pipeline("half", stage: .clean, [Pipeline.Step(HalfKeysAndValues(), because: "It is under test.")])
        let result = try PassManager.run(module, pipeline, PassOptions(stopAfter: stopAfter)).module
        let (context, read) = (try #require(result.function("context")), try #require(result.function("read")))
        let input = try #require(read.input(named: "k"))
        return [context.type(of: context.outputs[0].value).dtype, read.type(of: input).dtype]
    }

    @Test func bothSidesChangeOrNone() throws {
        #expect(try types(text) == [.bf16, .bf16])
        #expect(try types(text, stopAfter: 2) == [.bf16, .bf16])
        #expect(try types(text, stopAfter: 1) == [.f32, .f32])
    }

    @Test func anotherShapeIsAnotherValue() throws {
        #expect(try types(text.replacingOccurrences(of: "%k: f32[b, 2, m, 8]", with: "%k: f32[b, 2, l, 8]")) == [.f32, .f32])
    }
}
