import Calibration
import Foundation
import Inspect
import Names
import Passes

/// What people want to know of rounded weights: the layers that lost most, and what became of the results.
enum RoundingText {
    /// Layers that are named.
    private static let worst = 8

    static func show(_ files: [CompileReport.File]) {
        for file in files where !file.rounded.isEmpty || !file.mixed.isEmpty {
            let name = (file.file as NSString).lastPathComponent
            for mixed in file.mixed {
                let error = String(format: "%.4f", mixed.error)
                let speed = mixed.speedup.map { String(format: ", %.2f times as fast as f32", $0) } ?? ""
                Output.line("\n\(name): \(mixed.raised.count) of \(mixed.of) layers raised to \(mixed.scheme), error \(error)\(speed)")
            }
            let ranked = file.rounded.sorted { ($0.sqnr, $0.weight) < ($1.sqnr, $1.weight) }
            let rows = ranked.prefix(worst).map { layer in
                [
                    ForeignText.clean(layer.node), layer.scheme, decibels(layer.sqnr), decibels(layer.nearestSQNR),
                    layer.cosine.map { String(format: "%.5f", $0) } ?? "", "\(layer.calls)", Human.bytes(layer.count * 4),
                    layer.bytes.map { Human.bytes($0) } ?? "",
                ]
            }
            let what = ranked.count > worst ? "the \(worst) of \(ranked.count) layers that lost most" : "its layers"
            if !rows.isEmpty {
                Output.line("\n\(name): \(what) by rounding their weights")
                Output.table(["layer", "scheme", "SQNR dB", "nearest", "cosine", "calls", "f32", "now"], rows, right: [2, 3, 4, 5, 6, 7])
            }
            guard !file.outputs.isEmpty else { continue }
            Output.line("\n\(name): results against f32")
            show(file.outputs, most: worst)
            show(file.times)
        }
    }

    /// Functions whose time is told, those that take longest.
    private static func show(_ times: [OutputComparison.Times]) {
        let ranked = times.sorted { $0.reference > $1.reference }.prefix(worst)
        if ranked.isEmpty { return }
        Output.line("")
        let rows = ranked.map { time in
            [
                time.function, String(format: "%.2f", time.reference * 1e3), String(format: "%.2f", time.other * 1e3),
                String(format: "%.2f", time.reference / max(time.other, 1e-9)),
            ]
        }
        Output.table(["function", "f32 ms", "now ms", "faster"], rows, right: [1, 2, 3])
    }

    /// The `most` results that are furthest off.
    static func show(_ outputs: [OutputAccuracy], most: Int) {
        let ranked = outputs.sorted { ($0.sqnr, $0.function, $0.output) < ($1.sqnr, $1.function, $1.output) }
        let rows = ranked.prefix(most).map { output in
            [
                "\(output.function): \(output.output)", decibels(output.sqnr), String(format: "%.5f", output.cosine),
                String(format: "%.3g", output.max), String(format: "%.1f %%", output.equal * 100), "\(output.calls)",
            ]
        }
        Output.table(["result", "SQNR dB", "cosine", "largest", "equal", "calls"], rows, right: [1, 2, 3, 4, 5])
    }

    private static func decibels(_ value: Double) -> String { value >= RoundedLayer.mostDecibels ? "exact" : String(format: "%.1f", value) }
}
