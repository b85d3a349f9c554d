import IR

/// `Docs/reference/kernels.md`: the table of kernels, without anything of a machine.
enum KernelsPage {
    static func text(_ kernels: [KernelsCommand.Report.Kernel]) -> String {
        let about = """
            \(kernels.count) kernels in the order of the table; the first that fits a node is taken. Promise: exact, the same bits on every \
            instruction set; close, within the bound; both give the same bits for every thread count. Tile: vector, one for each \
            instruction set; scalar, plain C. [kernels.md](../kernels.md) says what is behind that.
            """
        let rows = kernels.map {
            [
                MarkdownText.code($0.name), $0.operators.map(link).joined(separator: " "),
                MarkdownText.cell($0.dtypes.joined(separator: " ")), MarkdownText.cell($0.tile),
                MarkdownText.cell($0.bound.isEmpty ? $0.promise : "\($0.promise): \($0.bound)"),
            ]
        }
        return MarkdownText.head("Kernels", command: "tessera kernels --markdown", about) + "\n"
            + MarkdownText.table(["kernel", "operators", "types", "tile", "promise"], rows)
    }

    private static func link(_ name: String) -> String {
        OperatorRegistry.type(named: name) == nil ? "`\(name)`" : "[`\(name)`](operators.md#\(MarkdownText.anchor(name)))"
    }
}
