import Foundation
import IR
import Names

/// Progress on standard error: one bar that is redrawn on a terminal, a plain line at each quarter elsewhere.
final class ProgressBar {
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var title: String
    private var lastDrawn: ContinuousClock.Instant?
    private var lastQuarter = -1
    private let isInteractive: Bool
    /// Share that was done before the bar began; the time left is reckoned from what came after.
    var base = 0.0

    /// Draws nothing before the first ``update(_:title:detail:)``.
    init(_ title: String, isInteractive: Bool = Terminal.isInteractive && Output.capture == nil) {
        self.title = title
        self.isInteractive = isInteractive
        start = clock.now
    }

    /// Shows `fraction` (0 to 1) of the work as done, with `detail` behind it; a new `title` replaces the old one.
    func update(_ fraction: Double, title: String?, detail: String = "") {
        if let title, title != self.title { (self.title, lastDrawn, lastQuarter) = (title, nil, -1) }
        let done = fraction.isFinite ? min(max(fraction, 0), 1) : 0
        if isInteractive { draw(done, detail) } else { plain(done, detail) }
    }

    /// Clears the bar; elsewhere says how long it took.
    func finish() {
        if isInteractive {
            if lastDrawn != nil { Terminal.redraw(nil) }
        } else if lastQuarter >= 0 {
            Terminal.note("\(title): done in \(ProgressBar.time(elapsed))")
        }
        (lastDrawn, lastQuarter) = (nil, -1)
    }

    private var elapsed: Double { (clock.now - start).seconds }

    private func draw(_ done: Double, _ detail: String) {
        if let lastDrawn, done < 1, clock.now - lastDrawn < .milliseconds(80) { return }
        lastDrawn = clock.now
        let tail = (["\(Int(done * 100)) %", left(done), ForeignText.escaped(detail)].filter { !$0.isEmpty }).joined(separator: "  ")
        let room = Terminal.width - title.count - tail.count - 4
        let cells = min(max(room, 0), 30)
        let full = Int(Double(cells) * done)
        let bar =
            Terminal.styledMessage(String(repeating: "━", count: full), .cyan)
            + Terminal.styledMessage(String(repeating: "─", count: cells - full), .dim)
        Terminal.redraw("\(title) \(bar) \(tail)")
    }

    private func plain(_ done: Double, _ detail: String) {
        let quarter = Int(done * 4)
        guard quarter > lastQuarter else { return }
        lastQuarter = quarter
        Terminal.note("\(title): " + ["\(Int(done * 100)) %", left(done), detail].filter { !$0.isEmpty }.joined(separator: ", "))
    }

    /// What is left of a work of which `done` is done, ``base`` of it before the bar began.
    private func left(_ done: Double) -> String { base < 1 ? ProgressBar.remaining((done - base) / (1 - base), elapsed) : "" }

    /// Time left at the present pace; empty where it would be a guess.
    static func remaining(_ done: Double, _ elapsed: Double) -> String {
        guard done > 0.02, done < 1, elapsed > 1 else { return "" }
        return "\(time(elapsed / done * (1 - done))) left"
    }

    /// `850 ms`, `4.2 s`, `3:07 min`, `1:02 h`.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        if seconds < 1 { return "\(Int((seconds * 1000).rounded())) ms" }
        if seconds < 60 { return String(format: "%.1f s", seconds) }
        let whole = Int(seconds.rounded())
        if whole < 3600 { return String(format: "%d:%02d min", whole / 60, whole % 60) }
        return String(format: "%d:%02d h", whole / 3600, whole / 60 % 60)
    }
}
