import Foundation
import Inspect

/// What people see of a training: a bar where one can be drawn, else a line now and then.
final class TrainingProgress {
    private let listener: any JobListener
    private let bar: any JobProgress
    private let start, end: Int
    private let unit: String
    private var lastLine: Double?

    /// Seconds between two lines.
    private static let patience = 15.0

    init(_ listener: any JobListener, from start: Int, to end: Int, unit: String) {
        (self.listener, self.start, self.end, self.unit) = (listener, start, end, unit)
        bar = listener.progress("training")
    }

    func update(_ step: Int, loss: Double, _ pace: TrainingPace) {
        let detail = "batch \(step) of \(end), loss \(TrainingProgress.number(loss)), \(Human.count(pace.rate)) \(unit)/s"
        if step == start + 3 { tellTime(step, pace) }
        if listener.drawsBars { return bar.update(Double(step - start) / Double(max(end - start, 1)), detail: detail) }
        guard lastLine.map({ pace.elapsed - $0 >= TrainingProgress.patience }) ?? true || step == end else { return }
        lastLine = pace.elapsed
        let left = pace.secondsPerBatch.map { ", \(TrainingPace.text($0 * Double(end - step))) left" }
        listener.note(detail + (step == end ? "" : left ?? ""))
    }

    /// What is left, from the pace of the first batches.
    private func tellTime(_ step: Int, _ pace: TrainingPace) {
        guard let seconds = pace.secondsPerBatch, seconds * Double(end - step) > 60 else { return }
        listener.note("about \(TrainingPace.text(seconds * Double(end - step))) for \(end - step) batches of \(TrainingPace.text(seconds))")
    }

    func note(_ step: Int, _ text: String) { listener.note("batch \(step): \(text)") }

    func finish() { if listener.drawsBars { bar.finish() } }

    /// Four digits that count.
    static func number(_ value: Double) -> String { String(format: "%.4g", value) }
}
