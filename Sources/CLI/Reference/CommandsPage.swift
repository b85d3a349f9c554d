/// `Docs/reference/commands.md`: what `--help` says of every command.
enum CommandsPage {
    static func text(_ tree: CommandTree) -> String {
        let commands = tree.leaves.map { (name: $0.words.joined(separator: " "), command: $0.command) }.sorted { $0.name < $1.name }
        let about = "\(commands.count) commands, by name, with their `--help`. What they are for, with examples, says [cli.md](../cli.md)."
        let list = commands.map {
            ["[`\($0.name)`](#\(MarkdownText.anchor($0.name)))", MarkdownText.cell($0.command.abstract ?? "")]
        }
        return MarkdownText.head("Commands", command: "tessera manual --markdown", about) + "\n"
            + MarkdownText.table(["command", ""], list)
            + discussion(tree) + commands.map { "\n" + section($0.name, $0.command, of: tree.commandName) }.joined()
    }

    private static func section(_ name: String, _ command: CommandTree, of program: String) -> String {
        "## \(name)\n\n\(MarkdownText.plain(command.abstract ?? ""))\n\n"
            + "    \(synopsis(name, command, of: program))\n" + discussion(command) + arguments(command)
    }

    /// Indented lines, such as examples, stay code.
    private static func discussion(_ command: CommandTree) -> String {
        guard let discussion = command.discussion else { return "" }
        var (text, isCode) = ("\n", false)
        for line in discussion.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  ") != isCode, !line.isEmpty {
                isCode.toggle()
                if !text.hasSuffix("\n\n") { text += "\n" }
            }
            text += (line.isEmpty ? "" : isCode ? "  \(line)" : MarkdownText.plain(String(line))) + "\n"
        }
        return text
    }

    private static func synopsis(_ name: String, _ command: CommandTree, of program: String) -> String {
        let words = command.shownArguments.compactMap { argument -> String? in
            let value = "<\(argument.valueName ?? "")>"
            if argument.kind == .positional {
                let dots = argument.isRepeating ? " ..." : ""
                return argument.isOptional ? "[\(value)\(dots)]" : value + dots
            }
            return argument.isOptional ? nil : "\(argument.preferredName?.text ?? "") \(value)"
        }
        return ([program, name, "[options]"] + words).joined(separator: " ")
    }

    /// A table for each group of options, arguments first.
    private static func arguments(_ command: CommandTree) -> String {
        var titles: [String] = []
        var rows: [String: [[String]]] = [:]
        for argument in command.shownArguments {
            let title = argument.kind == .positional ? "argument" : argument.sectionTitle?.lowercased() ?? "option"
            if rows[title] == nil { titles.append(title) }
            rows[title, default: []].append(row(argument))
        }
        return titles.map { "\n" + MarkdownText.table([$0, ""], rows[$0] ?? []) }.joined()
    }

    private static func row(_ argument: CommandTree.Argument) -> [String] {
        let value = argument.kind == .flag ? "" : "<\(argument.valueName ?? "")>"
        let names = (argument.names ?? []).map(\.text).joined(separator: ", ")
        var text = argument.abstract ?? ""
        if let values = argument.allValueStrings, !values.isEmpty { text += " One of: \(values.joined(separator: ", "))." }
        if argument.kind == .option, let value = argument.defaultValue { text += " Default: \(value)." }
        return [MarkdownText.code([names, value].filter { !$0.isEmpty }.joined(separator: " ")), MarkdownText.cell(text)]
    }
}
