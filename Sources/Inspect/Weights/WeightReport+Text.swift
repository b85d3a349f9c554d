import Foundation

extension WeightReport {
    /// Tensors that are told of one by one with all that is known, at most.
    private static let mostDetailed = 4

    /// The report for people.
    /// - Parameters:
    ///   - isDetailed: whether few tensors are told of one by one.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(isDetailed: Bool = false, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        let left = count - tensors.count
        var head = "\(model), stage \(stage): \(count) tensor\(count == 1 ? "" : "s"), \(Human.bytes(bytes))"
        head += nonFinite > 0 ? ", \(bold("\(nonFinite) with numbers that are not finite"))" : ", all numbers finite"
        if tensors.contains(where: \.isSampled) { head += " of those looked at" }
        if isDetailed, tensors.count <= WeightReport.mostDetailed {
            let parts = tensors.map { WeightDetails($0, tied: tied[$0.key] ?? []).text(bold: bold) }
            return ([TextBlock.fitted(head + "\n", width: width)] + parts).joined(separator: "\n")
        }
        let notes = [
            left > 0 ? "\(left) more: --top \(count)" : nil,
            "int8: what is left between a tensor and what rounding it to 8 bits adds, with a scale for each row; 6 dB are one bit",
        ].compactMap { $0 }
        return TextBlock.fitted(head + "\n", width: width) + "\n" + WeightTable(tensors, tied: tied).text(width, bold) + "\n"
            + notes.map { TextBlock.fitted($0 + "\n", width: width) }.joined()
    }
}

/// A line for each tensor.
struct WeightTable {
    private let tensors: [WeightStatistics]
    private let tied: [String: [String]]
    /// Whether some tensor is so far 2:4 sparse that it is worth a column.
    private let hasSparse: Bool

    private static let sparseShare = 0.1

    init(_ tensors: [WeightStatistics], tied: [String: [String]] = [:]) {
        (self.tensors, self.tied) = (tensors, tied)
        hasSparse = tensors.contains { ($0.sparsity?.share ?? 0) >= WeightTable.sparseShare }
    }

    func text(_ width: Int?, _ bold: (String) -> String) -> String {
        let rows = tensors.map { cells($0) }
        let header =
            ["tensor", "type", "low … high", "histogram", "rms", "zeros", "beyond 6 rms", "int8"] + (hasSparse ? ["2:4"] : []) + [""]
        let hasTrouble = rows.contains { $0.last != "" }
        return Table(
            hasTrouble ? header : header.dropLast(), hasTrouble ? rows : rows.map { Array($0.dropLast()) },
            right: hasSparse ? [4, 5, 6, 7, 8] : [4, 5, 6, 7], width: width
        ).text
    }

    private func cells(_ one: WeightStatistics) -> [String] {
        let pairs = stride(from: 0, to: one.histogram.count, by: 2).map {
            one.histogram[$0] + one.histogram[min($0 + 1, one.histogram.count - 1)]
        }
        let range = one.low.flatMap { low in one.high.map { "\(WeightText.short(low)) … \(WeightText.short($0))" } } ?? "-"
        let ties = tied[one.key].map { " = " + $0.joined(separator: " = ") } ?? ""
        let sparse = one.sparsity.map { $0.isComplete ? "all" : WeightText.percent($0.sparse, of: $0.groups) } ?? "-"
        return [
            one.key + ties, one.type, range, Bars.row(pairs), one.rootMeanSquare.map(WeightText.short) ?? "-",
            WeightText.percent(one.zeros, of: one.sampledCount), WeightText.percent(one.outliers, of: one.sampledCount),
            one.int8.map { $0.isFinite ? String(format: "%.1f dB", $0) : "exact" } ?? "-",
        ] + (hasSparse ? [sparse] : []) + [trouble(one)]
    }

    private func trouble(_ one: WeightStatistics) -> String {
        let parts = [one.nans > 0 ? "\(one.nans) NaN" : nil, one.infinities > 0 ? "\(one.infinities) infinite" : nil]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }
}
