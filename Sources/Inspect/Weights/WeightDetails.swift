import Foundation

/// All that is known of one tensor's numbers, for people.
struct WeightDetails {
    private let one: WeightStatistics
    /// Other keys that share its memory.
    private let tied: [String]

    init(_ one: WeightStatistics, tied: [String] = []) { (self.one, self.tied) = (one, tied) }

    /// The name with the type, then a line for each fact.
    func text(bold: (String) -> String) -> String {
        let ties = tied.isEmpty ? "" : " = " + tied.joined(separator: " = ")
        return "\(bold(one.key))\(ties): \(one.type), \(Human.bytes(one.bytes))\n" + facts
    }

    /// Without the name.
    var facts: String {
        let table = Table([], rows, indent: "  ").text
        let lines = Bars.curve(squeezed, height: 3).map { "  " + $0.reversed().drop { $0 == " " }.reversed() }
        return table + lines.map { $0 + "\n" }.joined()
    }

    private var squeezed: [Double] { one.count > 1 ? one.histogram.map(Double.init) : [] }

    private var rows: [[String]] {
        guard let low = one.low, let high = one.high, let mean = one.mean else { return strange }
        var rows = [["range", "\(WeightText.short(low)) … \(WeightText.short(high))"]]
        if one.isSampled { rows.append(["of", "\(one.sampledCount) of \(one.count) numbers"]) }
        rows.append(["mean", WeightText.short(mean)])
        if let deviation = one.deviation { rows.append(["deviation", WeightText.short(deviation)]) }
        if let root = one.rootMeanSquare { rows.append(["rms", WeightText.short(root)]) }
        if let percentiles = one.percentiles {
            let list = percentiles.list.map { "\($0.name): \(WeightText.short($0.value))" }
            rows.append(["percentiles", list.joined(separator: "  ")])
        }
        rows.append(["zeros", share(one.zeros)])
        rows.append(["beyond 6 rms", share(one.outliers)])
        rows += strange
        if let int8 = one.int8 { rows.append(["int8", int8.isFinite ? String(format: "%.1f dB", int8) : "exact"]) }
        if let sparsity = one.sparsity { rows.append(["2:4 sparse", text(of: sparsity)]) }
        return rows
    }

    private var strange: [[String]] {
        (one.nans > 0 ? [["NaN", share(one.nans)]] : []) + (one.infinities > 0 ? [["infinite", share(one.infinities)]] : [])
    }

    private func share(_ part: Int) -> String {
        part > 0 ? "\(part)  (\(WeightText.percent(part, of: one.sampledCount)))" : "none"
    }

    private func text(of sparsity: SparseGroups) -> String {
        let share =
            sparsity.isComplete ? "yes, all" : sparsity.sparse > 0 ? WeightText.percent(sparsity.sparse, of: sparsity.groups) : "none"
        return "\(share) of \(sparsity.groups) groups of four along axis \(sparsity.axis)"
    }
}

/// Numbers in reports on weights.
enum WeightText {
    /// Three digits: `-0.0312`, `1.25e-07`.
    static func short(_ value: Double) -> String { String(format: "%.3g", value) }

    /// A share; `-` for none.
    static func percent(_ part: Int, of all: Int) -> String {
        guard part > 0, all > 0 else { return "-" }
        let share = Double(part) / Double(all) * 100
        return share < 0.0095 ? "<0.01 %" : String(format: share < 10 ? "%.2f %%" : "%.0f %%", share)
    }
}
