import Foundation
import Runtime

/// How fast the kernels of one layer are.
package struct KernelReport: Encodable {
    package struct Row: Encodable {
        package let type, kernel: String
        package let milliseconds, gflops: Double
        package let peakFraction: Double?
        package let picked: Bool
    }

    /// What was computed, in words.
    package let layer: String
    /// m, n and k of a dense layer; nil for a convolution.
    package let m, n, k: Int?
    package let threads: Int
    package let instructionSet: String
    package let candidates: [Row]

    /// How much slower than the best a pick may be.
    package static let tolerance = 0.05

    package init(_ bench: KernelBench, layer: String, product: (m: Int, n: Int, k: Int)? = nil) {
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

    /// The report for people.
    package var text: String {
        let rows = candidates.map { row in
            [
                row.picked ? "▸" : "", row.type, row.kernel, String(format: "%.4f", row.milliseconds), String(format: "%.1f", row.gflops),
                row.peakFraction.map { String(format: "%.0f %%", $0 * 100) } ?? "",
            ]
        }
        return "\(layer)  \(threads) threads (\(instructionSet))\n"
            + Table(["", "type", "kernel", "ms", "GFLOP/s", "of peak"], rows, right: [3, 4, 5]).text + "▸ is what dispatch picks\n"
    }
}
