import CountedHeap
import Tessera
import TestSupport
import Testing

/// In debug the Swift library's own loops ask for memory.
private var isRelease: Bool {
    #if DEBUG
        false
    #else
        true
    #endif
}

private let measurable: ConditionTrait = .enabled(
    if: isRelease && counted_heap_requests() >= 0, "the heap is counted in release builds, without a sanitizer")

/// In processes of their own, where nothing else allocates.
@Suite struct RunIntoAllocationTests {
    @Test(measurable) func runsIntoBuffersAllocateNothing() async {
        await #expect(processExitsWith: .success) {
            let session = try Model(DemoBundle.folder + "/tok_rgb.safetensors").compiled().makeSession()
            let inputs = ["image": try Tensor(zeros: .f32, [1, 3, 224, 224])]
            let outputs = [
                "tokens": try TensorBuffer(.i64, [1, 14, 14]), "latents": try TensorBuffer(.f32, [1, 32, 14, 14]),
                "quant": try TensorBuffer(.f32, [1, 32, 14, 14]),
            ]
            for _ in 0..<3 { try session.run("tokenize", inputs, into: outputs) }
            let before = counted_heap_requests()
            for _ in 0..<5 { try session.run("tokenize", inputs, into: outputs) }
            let after = counted_heap_requests()
            #expect(after == before, "\(after - before) requests in 5 runs")
            // The count sees what a run does that makes its own results.
            _ = try session.run("tokenize", inputs)
            #expect(counted_heap_requests() > after)
        }
    }
}
