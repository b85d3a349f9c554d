import ArgumentParser
import Foundation
import Runtime

/// `M,N,K` of `tessera kernels --bench`.
struct ProductSizes: ExpressibleByArgument {
    let m, n, k: Int

    static let range = 1...65536

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let m = numbers[0], let n = numbers[1], let k = numbers[2],
            [m, n, k].allSatisfy({ ProductSizes.range.contains($0) }), m * k <= 1 << 26, n * k <= 1 << 26, m * n <= 1 << 26
        else { return nil }
        (self.m, self.n, self.k) = (m, n, k)
    }
}

/// What `tessera kernels --bench` prints.
struct ProductReport: Encodable {
    struct Row: Encodable {
        let type, kernel: String
        let milliseconds, gflops: Double
        let peakFraction: Double?
        let picked: Bool
    }

    let m, n, k, threads: Int
    let instructionSet: String
    let candidates: [Row]

    /// How much slower than the best a pick may be.
    static let tolerance = 0.05

    init(_ bench: ProductBench) {
        (m, n, k) = (bench.m, bench.n, bench.k)
        (threads, instructionSet) = (Machine.threads, Machine.active.name)
        let peaks: [String: Double?] = [
            "f32": Machine.measuredPeak(.f32), "bf16": Machine.measuredPeak(.bf16), "i8": Machine.measuredPeak(.i8),
            "i7": Machine.measuredPeak(.i8),
        ]
        candidates = bench.candidates.map { candidate in
            Row(
                type: candidate.type, kernel: candidate.kernel, milliseconds: candidate.seconds * 1e3,
                gflops: candidate.operationsPerSecond * 1e-9,
                peakFraction: (peaks[candidate.type] ?? nil).map { candidate.operationsPerSecond / $0 }, picked: candidate.isPicked)
        }
    }

    func show() {
        Output.line("y [\(m), \(n)] = x [\(m), \(k)] · weight [\(n), \(k)]ᵀ  \(threads) threads (\(instructionSet))")
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
