import ArgumentParser
import Names

/// Commands and options that there are not, each with the nearest that there is. The parser tells of them late, if at all, and in other
/// words.
enum UnknownWords {
    /// What is wrong with the word that should name a command; nil if nothing is.
    static func command(in arguments: [String]) -> String? {
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        return command(words, of: RootCommand.self, named: ["tessera"], others: ["help"])
    }

    /// - Parameter others: words that the parser adds.
    private static func command(
        _ words: ArraySlice<String>, of parent: any ParsableCommand.Type, named path: [String], others: [String] = []
    ) -> String? {
        let commands = parent.configuration.subcommands
        guard !commands.isEmpty, let word = words.first, !word.hasPrefix("-") || word == "-" else { return nil }
        if let next = commands.first(where: { $0.configuration.commandName == word }) {
            return command(words.dropFirst(), of: next, named: path + [word])
        }
        guard !others.contains(word) else { return nil }
        let known = commands.compactMap { $0.configuration.commandName } + others
        let hint = NearNames.hint(word.lowercased(), in: known, otherwise: "'\(path.joined(separator: " ")) --help' lists them")
        let name = (path.dropFirst() + [word]).joined(separator: " ")
        return "unknown command '\(name)'; \(hint)"
    }

    /// The first option of the command that it does not have; nil if it has all. For arguments that the parser has refused.
    static func option(in arguments: [String]) -> String? {
        guard let tree = try? CommandTree.current() else { return nil }
        let (command, depth) = tree.command(named: arguments)
        let options = (command.arguments ?? []).filter { $0.kind != .positional }
        let known = options.flatMap { ($0.names ?? []).map(\.text) }
        let takingValues = Set(options.filter { $0.kind == .option }.flatMap { ($0.names ?? []).map(\.text) } + [completion])
        var rest = arguments.dropFirst(depth)
        while let word = rest.popFirst(), word != "--" {
            guard word.hasPrefix("-"), word.count > 1 else { continue }
            let name = String(word.prefix { $0 != "=" })
            if known.contains(name) || hidden.contains(name) {
                // What follows is its value, whatever it looks like.
                if takingValues.contains(word) { _ = rest.popFirst() }
            } else if isOption(name) {
                return "unknown option '\(name)'" + nearest(name, known)
            }
        }
        return nil
    }

    private static let completion = "--generate-completion-script"
    /// Of the parser itself, which it does not describe.
    private static let hidden = [completion, "--help-hidden", "--experimental-dump-help", "--help", "-h", "--version"]

    /// `--name` or `-n`; several letters in one, and numbers, are left to the parser.
    private static func isOption(_ name: String) -> Bool {
        name.hasPrefix("--") || name.count == 2 && name.last?.isLetter == true
    }

    private static func nearest(_ name: String, _ known: [String]) -> String {
        let bare = String(name.drop { $0 == "-" })
        let near = bare.count < 2 ? [] : NearNames.of(bare, in: known.filter { $0.hasPrefix("--") }.map { String($0.dropFirst(2)) })
        return near.isEmpty ? "" : "; did you mean \(near.prefix(3).map { "--" + $0 }.joined(separator: " or "))?"
    }
}
