import Tessera
import TestSupport
import Testing

@testable import Serving

/// Sizes that clients say, beside the bytes that they send.
@Suite struct SizeTests {
    private static let models = [
        "add": """
        module @add stage(imported) {
          func @main(%x: f32[n, m, 4]) -> (y: f32[n, m, 4]) {
            %0 = add(%x, %x) : f32[n, m, 4] "add"
            return %0
          }
        }
        """,
        "turn": """
        module @turn stage(imported) {
          func @main(%x: f32[n, m, 4]) -> (y: f32[m, 4, n]) {
            %0 = transpose(%x) {permutation: [1, 2, 0]} : f32[m, 4, n] "turn"
            return %0
          }
        }
        """,
        "join": """
        module @join stage(imported) {
          func @main(%x: f32[n, m]) -> (y: f32[2*m, n]) {
            %0 = transpose(%x) {permutation: [1, 0]} : f32[m, n] "turn"
            %1 = concat(%0, %0) {axis: 0} : f32[2*m, n] "join"
            return %1
          }
        }
        """,
        "sum": """
        module @sum stage(imported) {
          func @main(%x: f32[n, m]) -> (y: f32[m]) {
            %0 = reduce_sum(%x) {axes: [0], keep_dims: false} : f32[m] "sum"
            return %0
          }
        }
        """,
    ]

    /// A tensor of no elements takes no bytes, whatever its other sizes: they end in an error at most.
    @Test func hugeSizesWithoutElementsAreErrors() async throws {
        let folder = try ModelFolder()
        for (name, text) in SizeTests.models { try folder.write("\(name).ir", text) }
        let repository = folder.repository()
        await repository.start()
        #expect(await repository.index().map(\.state) == [.ready, .ready, .ready, .ready])
        for name in SizeTests.models.keys.sorted() {
            let ask: (Int) async throws -> InferenceResponse = { size in
                let shape = ["add", "turn"].contains(name) ? [0, size, 4] : [0, size]
                let x = NamedTensor("x", try Tensor([Float](), shape))
                return try await repository.infer(InferenceRequest(name, inputs: [x]))
            }
            for size in [Int.max, 1 << 62, 1 << 61, 1 << 60, 1 << 45, 1 << 31] {
                let error = await servingError { try await ask(size) }
                #expect(error?.httpStatus == 400 && error?.description.contains("no elements") == true, "\(name) \(size)")
            }
            #expect(try await ask(8).outputs.first?.tensor.count == (name == "sum" ? 8 : 0))
        }
    }
}
