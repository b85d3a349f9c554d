import Foundation
import Runtime

/// Where the time of a job went: its parts in each other, those of one name together.
package struct TimelineReport: Encodable {
    package struct Part: Encodable {
        package let kind: TimeSpan.Kind
        package let name: String
        package let calls: Int
        package let seconds: Double
        /// Of the job, 0 to 1.
        package let share: Double
        /// Seconds in none of its ``parts``.
        package let ownSeconds: Double
        /// Made in it; 0 where none are.
        package let tokens: Int
        package let tokensPerSecond: Double?
        /// In the order in which they began first.
        package let parts: [Part]
    }

    package let threads: Int
    package let instructionSet: String
    /// The whole job.
    package let job: Part

    package init(_ timeline: Timeline) {
        (threads, instructionSet) = (Machine.threads, Machine.active.name)
        let entries = timeline.entries
        var children = [[Int]](repeating: [], count: entries.count)
        for (index, entry) in entries.enumerated() where entry.parent >= 0 { children[entry.parent].append(index) }
        job = TimelineReport.part([0], entries, children, whole: entries.first?.seconds ?? 0)
    }

    /// Parts of one kind and name in one place, as one.
    private static func part(_ group: [Int], _ entries: [Timeline.Entry], _ children: [[Int]], whole: Double) -> Part {
        var (order, groups): ([TimeSpan], [TimeSpan: [Int]]) = ([], [:])
        for child in group.flatMap({ children[$0] }) {
            if groups[entries[child].span] == nil { order.append(entries[child].span) }
            groups[entries[child].span, default: []].append(child)
        }
        let parts = order.map { part(groups[$0] ?? [], entries, children, whole: whole) }
        let seconds = group.reduce(0) { $0 + entries[$1].seconds }
        let tokens = group.reduce(0) { $0 + entries[$1].tokens }
        let span = entries[group[0]].span
        return Part(
            kind: span.kind, name: span.name, calls: group.count, seconds: seconds, share: whole > 0 ? seconds / whole : 0,
            ownSeconds: max(seconds - parts.reduce(0) { $0 + $1.seconds }, 0), tokens: tokens,
            tokensPerSecond: tokens > 0 && seconds > 0 ? Double(tokens) / seconds : nil, parts: parts)
    }

    /// A table of the parts, each below the one that it lies in.
    /// - Parameters:
    ///   - least: parts with a smaller share of the job are told of together.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(least: Double = 0.002, width: Int? = nil) -> String {
        var rows: [[String]] = []
        add(job, depth: 0, least, &rows)
        let header = ["part", "times", "ms", "share", "tokens", "tokens/s"]
        return Table(header, rows, right: [1, 2, 3, 4, 5], width: width).text
    }

    private func add(_ part: Part, depth: Int, _ least: Double, _ rows: inout [[String]]) {
        let indent = String(repeating: "  ", count: depth)
        let counts = part.tokens > 0 && (part.kind == .step || part.kind == .job)
        rows.append([
            indent + (part.name.isEmpty ? part.kind.rawValue : "\(part.kind.rawValue) \(part.name)"), "\(part.calls)",
            Human.milliseconds(part.seconds * 1e3), TimelineReport.percent(part.share), counts ? "\(part.tokens)" : "",
            counts ? part.tokensPerSecond.map { Human.count($0) } ?? "" : "",
        ])
        let shown = part.parts.filter { $0.share >= least }
        for part in shown { add(part, depth: depth + 1, least, &rows) }
        let rest = part.seconds - shown.reduce(0) { $0 + $1.seconds }
        guard !shown.isEmpty, job.seconds > 0, rest / job.seconds >= least else { return }
        let share = TimelineReport.percent(rest / job.seconds)
        rows.append([indent + "  else", "", Human.milliseconds(rest * 1e3), share, "", ""])
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
