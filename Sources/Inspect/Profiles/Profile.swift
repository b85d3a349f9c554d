import Foundation

/// Where the time of a run went.
package final class Profile {
    package struct Row: Encodable, Equatable {
        package let name: String
        package let calls: Int
        package let milliseconds: Double
        /// Of the time in kernels, 0 to 1.
        package let share: Double
    }

    private var kernelTimes: [String: (calls: Int, nanoseconds: UInt64)] = [:]
    private var nodeTimes: [String: (calls: Int, nanoseconds: UInt64)] = [:]

    package init() {}

    /// - Parameter isFirst: whether it is the node's first step: a node of several steps is one call.
    package func add(kernel: String, node: String, isFirst: Bool, nanoseconds: UInt64) {
        Profile.add(&kernelTimes, kernel, 1, nanoseconds)
        Profile.add(&nodeTimes, node, isFirst ? 1 : 0, nanoseconds)
    }

    private static func add(
        _ table: inout [String: (calls: Int, nanoseconds: UInt64)], _ key: String, _ calls: Int, _ time: UInt64
    ) {
        let old = table[key] ?? (0, 0)
        table[key] = (old.calls + calls, old.nanoseconds &+ time)
    }

    /// Slowest first.
    package var kernels: [Row] { Profile.rows(kernelTimes) }
    package var nodes: [Row] { Profile.rows(nodeTimes) }

    /// Both tables: kernels, then the ten slowest nodes.
    /// - Parameter width: columns that it may take; nil for as many as it needs.
    package func text(width: Int? = nil) -> String {
        Profile.table("kernel", kernels, width) + "\n" + Profile.table("slowest nodes", Array(nodes.prefix(10)), width)
    }

    private static func table(_ title: String, _ rows: [Row], _ width: Int?) -> String {
        let cells = rows.map {
            [$0.name, "\($0.calls)", String(format: "%.3f", $0.milliseconds), String(format: "%.1f %%", $0.share * 100)]
        }
        return Table([title, "calls", "ms", "share"], cells, right: [1, 2, 3], width: width).text
    }

    private static func rows(_ table: [String: (calls: Int, nanoseconds: UInt64)]) -> [Row] {
        let total = Double(table.values.reduce(0) { $0 &+ $1.nanoseconds })
        return table.sorted { ($1.value.nanoseconds, $0.key) < ($0.value.nanoseconds, $1.key) }.map {
            Row(
                name: $0.key, calls: $0.value.calls, milliseconds: Double($0.value.nanoseconds) / 1e6,
                share: total > 0 ? Double($0.value.nanoseconds) / total : 0)
        }
    }
}
