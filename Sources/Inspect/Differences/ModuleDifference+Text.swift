extension ModuleDifference {
    /// Changed nodes side by side.
    /// - Parameters:
    ///   - titles: what the two are called.
    ///   - most: rows of each function; nil for all.
    package func text(_ titles: (String, String), most: Int?, width: Int?) -> String {
        if isEmpty { return "no difference\n" }
        var text = "- \(titles.0) (\(stage))\n+ \(titles.1) (\(otherStage))\n"
        if !removedFunctions.isEmpty { text += "\nfunctions of the first alone: \(removedFunctions.joined(separator: ", "))\n" }
        if !addedFunctions.isEmpty { text += "\nfunctions of the second alone: \(addedFunctions.joined(separator: ", "))\n" }
        for function in functions where !function.rows.isEmpty {
            text +=
                "\nfunction \(function.name): \(function.nodes) nodes, \(function.otherNodes) in the second; \(function.same) the same\n"
            text += ModuleDifference.table(function.rows, most, width)
        }
        if !constants.isEmpty { text += "\nconstants\n" + ModuleDifference.table(constants, most, width) }
        if !metadata.isEmpty { text += "\nmetadata\n" + ModuleDifference.table(metadata, most, width) }
        return text
    }

    private static func table(_ rows: [Row], _ most: Int?, _ width: Int?) -> String {
        let shown = most.map { Array(rows.prefix($0)) } ?? rows
        let cells = shown.map { row in
            [row.kind == .changed ? "~" : row.kind == .removed ? "-" : "+", row.name, row.first ?? "", row.second ?? ""]
        }
        let rest = rows.count - shown.count
        return Table(["", "name", "first", "second"], cells, indent: "  ", width: width).text
            + (rest > 0 ? "  … \(rest) more; --top 0 lists all\n" : "")
    }
}
