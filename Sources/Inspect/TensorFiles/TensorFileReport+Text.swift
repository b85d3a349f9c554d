import IR
import Names

extension TensorFileReport {
    /// Values that are told of one by one, at most; more stand in a table.
    private static let mostDetailed = 8

    /// The report for people.
    /// - Parameters:
    ///   - hasValues: whether to print the numbers, of large tensors the ends of each axis.
    ///   - width: columns that it may take; nil for as many as it needs.
    package func text(hasValues: Bool, width: Int? = nil, bold: (String) -> String = { $0 }) -> String {
        var head = "\(path): \(count) value\(count == 1 ? "" : "s"), \(Human.bytes(bytes))\n"
        if let note { head += note + "\n" }
        let first = TextBlock.fitted(head, width: width)
        let left = count > values.count ? ["\(count - values.count) more: --top \(count)\n"] : []
        if hasValues || values.count <= TensorFileReport.mostDetailed {
            return ([first] + values.map { text(of: $0, hasValues, bold) } + left).joined(separator: "\n")
        }
        let others = values.filter { $0.statistics == nil }.map { ["\(ForeignText.escaped($0.name))", $0.type] }
        let parts = [
            first, WeightTable(values.compactMap(\.statistics)).text(width, bold), Table([], others, width: width).text,
        ]
        return (parts + left).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func text(of one: One, _ hasValues: Bool, _ bold: (String) -> String) -> String {
        let title = one.title.map { " '\(ForeignText.escaped($0))'" } ?? ""
        let size = one.tensor.map { ", \(Human.bytes($0.bytes.count))" } ?? ""
        let saved = one.saved.map { "  \($0)" } ?? ""
        let head = "\(bold(ForeignText.escaped(one.name)))\(title): \(one.type)\(size)\(saved)\n"
        guard let tensor = one.tensor else { return head }
        let facts = tensor.count > 1 ? one.statistics.map { WeightDetails($0).facts } ?? "" : ""
        if hasValues { return head + facts + ArrayText(tensor, most: TensorValues.most).text + "\n" }
        return head + facts + "  values  " + TensorFileReport.ends(of: tensor) + "\n"
    }

    /// The first and last few elements in one line.
    private static func ends(of tensor: Tensor) -> String {
        let (first, last) = TensorValues.ends(of: tensor, few)
        return (first.map(\.text) + (last.map { ["…"] + $0.map(\.text) } ?? [])).joined(separator: " ")
    }
}
