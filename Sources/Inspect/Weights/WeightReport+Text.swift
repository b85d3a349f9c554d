import Foundation

extension WeightReport {
    /// The report for people.
    /// - Parameter width: columns that it may take; nil for as many as it needs.
    package func text(width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let left = count - tensors.count
        var head = "\(model), stage \(stage): \(count) tensor\(count == 1 ? "" : "s"), \(Human.bytes(bytes))"
        head += nonFinite > 0 ? ", \(bold("\(nonFinite) with numbers that are not finite"))" : ", all numbers finite"
        if tensors.contains(where: \.isSampled) { head += " of those looked at" }
        let rows = tensors.map { cells($0, bold) }
        let header = ["tensor", "type", "low … high", "histogram", "rms", "zeros", "beyond 6 rms", "int8", ""]
        let hasTrouble = rows.contains { $0.last != "" }
        let table = Table(
            hasTrouble ? header : header.dropLast(), hasTrouble ? rows : rows.map { Array($0.dropLast()) }, right: [4, 5, 6, 7],
            width: width)
        let notes = [
            left > 0 ? "\(left) more: --top \(count)" : nil,
            "int8: what is left between a tensor and what rounding it to 8 bits adds, with a scale for each row; 6 dB are one bit",
        ].compactMap { $0 }
        return TextBlock.fitted(head + "\n", width: width) + "\n" + table.text + "\n"
            + notes.map { TextBlock.fitted($0 + "\n", width: width) }.joined()
    }

    private func cells(_ one: WeightStatistics, _ bold: (String) -> String) -> [String] {
        let pairs = stride(from: 0, to: one.histogram.count, by: 2).map {
            one.histogram[$0] + one.histogram[min($0 + 1, one.histogram.count - 1)]
        }
        let range = one.low.flatMap { low in one.high.map { "\(WeightReport.short(low)) … \(WeightReport.short($0))" } } ?? "-"
        let ties = tied[one.key].map { " = " + $0.joined(separator: " = ") } ?? ""
        return [
            one.key + ties, one.type, range, Bars.row(pairs), one.rootMeanSquare.map(WeightReport.short) ?? "-", percent(one.zeros, one),
            percent(one.outliers, one), one.int8.map { $0.isFinite ? String(format: "%.1f dB", $0) : "exact" } ?? "-", trouble(one),
        ]
    }

    private func trouble(_ one: WeightStatistics) -> String {
        let parts = [one.nans > 0 ? "\(one.nans) NaN" : nil, one.infinities > 0 ? "\(one.infinities) infinite" : nil]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    private func percent(_ part: Int, _ one: WeightStatistics) -> String {
        guard part > 0, one.sampledCount > 0 else { return "-" }
        let share = Double(part) / Double(one.sampledCount) * 100
        return share < 0.0095 ? "<0.01 %" : String(format: share < 10 ? "%.2f %%" : "%.0f %%", share)
    }

    /// Three digits: `-0.0312`, `1.25e-07`.
    private static func short(_ value: Double) -> String { String(format: "%.3g", value) }
}
