import Foundation
import IR
import Runtime

/// How long one call, or several after each other, took; the shape of its JSON, in milliseconds.
package struct BenchReport: Encodable {
    /// How the functions were compiled.
    package struct Settings {
        package let functions: [String]
        package let precision: String
        package let compileMs: Double
        /// Of the first run, which also makes what later ones find ready.
        package let firstMs: Double
        /// Operations a second that the machine can do in that precision; nil if it was not measured.
        package let peak: Double?

        package init(_ functions: [String], precision: String, compileMs: Double, firstMs: Double, peak: Double?) {
            (self.functions, self.precision, self.compileMs, self.firstMs) = (functions, precision, compileMs, firstMs)
            self.peak = peak
        }
    }

    package let model: String
    package let functions: [String]
    package let sizes: Binding
    package let precision: String
    package let threads: Int
    package let instructionSet: String
    package let runs: Int
    package let medianMs, minMs, meanMs, sdMs, p90Ms, p99Ms, firstMs, compileMs, gflop, gflops: Double
    package let peakFraction: Double?
    package let weightBytes, workingBytes: Int

    /// - Throws: `BindingError` for sizes that do not fit.
    package init(_ unit: BenchUnit, _ timing: Timing, _ settings: Settings) throws {
        let flops = Double(try unit.flops())
        let rate = timing.median > 0 ? flops / (timing.median * 1e-3) : 0
        model = unit.session.plan.module.name
        (functions, sizes, precision) = (settings.functions, unit.sizes, settings.precision)
        (threads, instructionSet, runs) = (Machine.threads, Machine.active.name, timing.runs)
        (medianMs, minMs, meanMs, sdMs) = (timing.median, timing.min, timing.mean, timing.sd)
        (p90Ms, p99Ms, firstMs, compileMs) = (timing.p90, timing.p99, settings.firstMs, settings.compileMs)
        (gflop, gflops) = (flops * 1e-9, rate * 1e-9)
        peakFraction = settings.peak.map { rate / $0 }
        (weightBytes, workingBytes) = (unit.session.plan.weightBytes, unit.session.peakArenaBytes)
    }

    /// Column titles of ``cells``.
    package static let header = ["min", "median", "mean", "sd", "p90", "p99", "GFLOP/s", "of peak"]

    /// The figures for a table, times in milliseconds.
    package var cells: [String] {
        [minMs, medianMs, meanMs, sdMs, p90Ms, p99Ms].map { Human.milliseconds($0) } + [String(format: "%.1f", gflops)]
            + [peakFraction.map { String(format: "%.0f %%", $0 * 100) } ?? "-"]
    }
}
