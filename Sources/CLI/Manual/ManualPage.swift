/// A manual page in the macros of man(7), made of what `--help` tells of a command.
struct ManualPage {
    let command: CommandTree
    /// The names of the commands that it is a part of, from `tessera` on; none for that itself.
    let parents: [String]

    private var title: String { (parents + [command.commandName]).joined(separator: "-") }
    private var typed: String { (parents + [command.commandName]).joined(separator: " ") }

    /// Pages of a command and of all below it.
    static func all(_ command: CommandTree, parents: [String] = []) -> [ManualPage] {
        [ManualPage(command: command, parents: parents)]
            + command.shownCommands.flatMap { all($0, parents: parents + [command.commandName]) }
    }

    /// E.g. `tessera-generate.1`.
    var fileName: String { title + ".1" }

    /// - Parameter version: as `--version` prints it.
    func text(version: String) -> String {
        var lines = [".TH \(ManualPage.quoted(title.uppercased())) 1 \"\" \(ManualPage.quoted(version)) \"Tessera\""]
        lines += [".SH NAME", "\(ManualPage.escaped(title)) \\- \(ManualPage.escaped(abstract))", ".SH SYNOPSIS", synopsis]
        if let discussion = command.discussion { lines += [".SH DESCRIPTION"] + ManualPage.paragraphs(discussion) }
        lines += commandList + argumentLists
        if !parents.isEmpty { lines += [".SH SEE ALSO", ".BR \(ManualPage.escaped(parents.joined(separator: "-"))) (1)"] }
        return lines.joined(separator: "\n") + "\n"
    }

    private var abstract: String { (command.abstract ?? "").trimmingSuffix(".") }

    private var synopsis: String {
        let arguments = command.shownArguments
        var words = [".B \(ManualPage.escaped(typed))"]
        if !command.shownCommands.isEmpty { words.append("\\fIcommand\\fR [\\fIoptions\\fR]") }
        let takesOptions = arguments.contains { $0.kind != .positional && $0.isOptional }
        if !parents.isEmpty, command.shownCommands.isEmpty, takesOptions { words.append("[\\fIoptions\\fR]") }
        for argument in arguments {
            let dots = argument.isRepeating && argument.kind == .positional ? " ..." : ""
            let value = "\\fI\(ManualPage.escaped(argument.valueName ?? ""))\\fR\(dots)"
            if argument.kind == .positional {
                words.append(argument.isOptional ? "[\(value)]" : value)
            } else if !argument.isOptional {
                words.append("\\fB\(ManualPage.escaped(argument.preferredName?.text ?? ""))\\fR \(value)")
            }
        }
        return words.joined(separator: "\n")
    }

    private var commandList: [String] {
        let commands = command.shownCommands
        guard !commands.isEmpty else { return [] }
        return [".SH COMMANDS"]
            + commands.flatMap {
                [".TP", ".BR \(ManualPage.escaped("\(title)-\($0.commandName)")) (1)", ManualPage.escaped($0.abstract ?? "")]
            }
    }

    /// Positional arguments, then the options by the titles of their groups.
    private var argumentLists: [String] {
        var titles: [String] = []
        var lists: [String: [String]] = [:]
        for argument in command.shownArguments {
            let title = argument.kind == .positional ? "ARGUMENTS" : (argument.sectionTitle ?? "OPTIONS").uppercased()
            if lists[title] == nil { titles.append(title) }
            lists[title, default: []] += ManualPage.item(argument)
        }
        return titles.flatMap { [".SH \(ManualPage.quoted($0))"] + (lists[$0] ?? []) }
    }

    private static func item(_ argument: CommandTree.Argument) -> [String] {
        let value = argument.kind == .flag ? "" : "\\fI\(escaped(argument.valueName ?? ""))\\fR"
        let names = (argument.names ?? []).map { "\\fB\(escaped($0.text))\\fR" }.joined(separator: ", ")
        var text = argument.abstract ?? ""
        if let values = argument.allValueStrings, !values.isEmpty { text += " One of: \(values.joined(separator: ", "))." }
        if argument.kind == .option, let value = argument.defaultValue { text += " Default: \(value)." }
        return [".TP", [names, value].filter { !$0.isEmpty }.joined(separator: " "), escaped(text.isEmpty ? "-" : text)]
    }

    /// Indented lines stay as they are; others are filled.
    private static func paragraphs(_ text: String) -> [String] {
        var lines: [String] = []
        var isExample = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indented = line.hasPrefix("  ")
            if indented != isExample { lines.append(indented ? ".RS\n.nf" : ".fi\n.RE") }
            isExample = indented
            lines.append(line.isEmpty ? ".PP" : escaped(String(indented ? line.dropFirst(2) : line)))
        }
        return isExample ? lines + [".fi\n.RE"] : lines
    }

    /// Text that says nothing to roff: no escapes, no requests at the start of a line.
    private static func escaped(_ text: String) -> String {
        let bare = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
        return bare.hasPrefix(".") || bare.hasPrefix("'") ? "\\&" + bare : bare
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text).replacing("\"", with: "\\(dq"))\"" }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String { hasSuffix(suffix) ? String(dropLast(suffix.count)) : self }
}
