import Foundation
import Runtime

/// What `tessera kernels --bench` and `--bench-conv` print.
struct KernelReport: Encodable {
    struct Row: Encodable {
        let type, kernel: String
        let milliseconds, gflops: Double
        let peakFraction: Double?
        let picked: Bool
    }

    /// What was computed, in words.
    let layer: String
    /// m, n and k of a dense layer; nil for a convolution.
    let m, n, k: Int?
    let threads: Int
    let instructionSet: String
    let candidates: [Row]

    /// How much slower than the best a pick may be.
    static let tolerance = 0.05

    init(_ bench: KernelBench, layer: String, product: ProductSizes? = nil) {
        self.layer = layer
        (m, n, k) = (product?.m, product?.n, product?.k)
        (threads, instructionSet) = (Machine.threads, Machine.active.name)
        // Convolutions multiply in f32 whatever the type of their filters.
        let (single, integer) = (Machine.measuredPeak(.f32), Machine.measuredPeak(product == nil ? .f32 : .i8))
        let half = Machine.measuredPeak(product == nil ? .f32 : .bf16)
        let peaks: [String: Double?] = ["f32": single, "bf16": half, "i8": integer, "i7": integer]
        candidates = bench.candidates.map { candidate in
            Row(
                type: candidate.type, kernel: candidate.kernel, milliseconds: candidate.seconds * 1e3,
                gflops: candidate.operationsPerSecond * 1e-9,
                peakFraction: (peaks[candidate.type] ?? nil).map { candidate.operationsPerSecond / $0 }, picked: candidate.isPicked)
        }
    }

    func show() {
        Output.line("\(layer)  \(threads) threads (\(instructionSet))")
        let rows = candidates.map { row in
            [
                row.picked ? "▸" : "", row.type, row.kernel, String(format: "%.4f", row.milliseconds), String(format: "%.1f", row.gflops),
                row.peakFraction.map { String(format: "%.0f %%", $0 * 100) } ?? "",
            ]
        }
        Output.table(["", "type", "kernel", "ms", "GFLOP/s", "of peak"], rows, right: [3, 4, 5])
        Output.line("▸ is what dispatch picks")
    }
}
