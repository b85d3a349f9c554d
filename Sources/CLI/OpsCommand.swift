import ArgumentParser
import IR
import Names
import Runtime

/// `tessera ops`
struct OpsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ops",
        abstract: "List the operators of the IR, or explain one.",
        discussion: """
            Examples:
              tessera ops
              tessera ops attention
              tessera ops softmax --json
              tessera ops --markdown
            """)

    @Argument(help: "The operator to explain, as it is called in IR text.")
    var name: String?

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Print Markdown, as Docs/reference/operators.md has it.")
    var markdown = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if json, markdown { throw ValidationError("--json and --markdown exclude each other: each says what to print") }
        guard let name, OperatorRegistry.type(named: name) == nil else { return }
        let hint = NearNames.hint(name, in: OperatorRegistry.all.map { $0.opName }.sorted(), otherwise: "'tessera ops' lists them")
        throw ValidationError("there is no operator '\(name)'; \(hint)")
    }

    /// One operator; `kernels` are those that serve it by name.
    struct Page: Encodable {
        let name, summary, formula: String
        let operands, results: [String]
        let attributes: [String: String]
        let onnx: String
        let kernels: [String]

        init(_ type: any Operator.Type) {
            let page = type.documentation
            name = type.opName
            (summary, formula, operands, results) = (page.summary, page.formula, page.operands, page.results)
            (attributes, onnx) = (page.attributes, page.onnx)
            let name = type.opName
            kernels = Machine.kernels.filter { $0.operators.contains(name) }.map(\.name)
        }
    }

    func run() throws {
        try global.apply()
        if let name, let type = OperatorRegistry.type(named: name) {
            let page = Page(type)
            if markdown { return Output.write(OperatorsPage.section(page)) }
            return json ? try Output.writeJSON(page) : show(page)
        }
        let pages = OperatorRegistry.all.map { Page($0) }.sorted { $0.name < $1.name }
        if json { return try Output.writeJSON(pages) }
        if markdown { return Output.write(OperatorsPage.text(pages)) }
        Output.table(["operator", "meaning"], pages.map { [$0.name, $0.summary] })
        Output.line("\n\(pages.count) operators; 'tessera ops NAME' explains one.")
    }

    private func show(_ page: Page) {
        Output.fitted("\(Terminal.styled(page.name, .bold)): \(page.summary)\n\n")
        Output.fitted("  \(page.formula)\n\n")
        var rows = page.operands.enumerated().map { [$0.offset == 0 ? "operands" : "", $0.element] }
        rows += page.results.enumerated().map { [$0.offset == 0 ? "results" : "", $0.element] }
        rows += page.attributes.sorted { $0.key < $1.key }.enumerated().map {
            [$0.offset == 0 ? "attributes" : "", "\($0.element.key): \($0.element.value)"]
        }
        if !page.onnx.isEmpty { rows.append(["ONNX", page.onnx]) }
        if !page.kernels.isEmpty { rows.append(["kernels", page.kernels.joined(separator: ", ")]) }
        Output.table([], rows)
    }
}
