/// `Docs/reference/operators.md`: what `tessera ops` tells of every operator.
enum OperatorsPage {
    /// - Parameter pages: in the order that they are to stand in.
    static func text(_ pages: [OpsCommand.Page]) -> String {
        let about = """
            \(pages.count) operators, by name. `?` behind an operand marks an optional one. What a shape means, and how operators are \
            written as text, says [ir.md](../ir.md); kernels are those of [kernels.md](kernels.md).
            """
        let list = pages.map { ["[`\($0.name)`](#\(MarkdownText.anchor($0.name)))", MarkdownText.cell($0.summary)] }
        return MarkdownText.head("Operators", command: "tessera ops --markdown", about) + "\n"
            + MarkdownText.table(["operator", "meaning"], list) + pages.map { "\n" + section($0) }.joined()
    }

    static func section(_ page: OpsCommand.Page) -> String {
        var text = "## \(page.name)\n\n\(MarkdownText.plain(page.summary))\n\n"
        if !page.formula.isEmpty { text += page.formula.split(separator: "\n").map { "    \($0)\n" }.joined() + "\n" }
        text += list("Operands", page.operands.map(MarkdownText.code)) + list("Results", page.results.map(MarkdownText.code))
        let attributes = page.attributes.sorted { $0.key < $1.key }.map { "`\($0.key)`: \(MarkdownText.plain($0.value))" }
        text += list("Attributes", attributes)
        if !page.onnx.isEmpty { text += "ONNX: \(MarkdownText.plain(page.onnx))\n" }
        if !page.kernels.isEmpty {
            text += (page.onnx.isEmpty ? "" : "\n") + "Kernels: \(page.kernels.map(MarkdownText.code).joined(separator: ", "))\n"
        }
        return text
    }

    private static func list(_ title: String, _ lines: [String]) -> String {
        lines.isEmpty ? "" : "\(title):\n\n" + lines.map { "- \($0)\n" }.joined() + "\n"
    }
}
