import ArgumentParser
import Foundation

/// The commands with their options, as the parser itself describes them.
struct CommandTree: Decodable {
    let commandName: String
    let abstract, discussion: String?
    let shouldDisplay: Bool
    let subcommands: [CommandTree]?
    let arguments: [Argument]?

    struct Argument: Decodable {
        let kind: Kind
        let names: [Name]?
        let preferredName: Name?
        let valueName, abstract, defaultValue, sectionTitle: String?
        let isOptional, isRepeating, shouldDisplay: Bool
        let allValueStrings: [String]?

        enum CodingKeys: String, CodingKey {
            case kind, names, preferredName, valueName, abstract, defaultValue, sectionTitle, isOptional, isRepeating, shouldDisplay
            case allValueStrings = "allValues"
        }

        enum Kind: String, Decodable {
            case positional, option, flag
        }
    }

    struct Name: Decodable {
        let kind, name: String

        /// As it is typed.
        var text: String { (kind == "long" ? "--" : "-") + name }
    }

    private struct Document: Decodable {
        let command: CommandTree
    }

    static func current() throws -> CommandTree {
        do {
            _ = try RootCommand.parseAsRoot(["--experimental-dump-help"])
        } catch {
            return try JSONDecoder().decode(Document.self, from: Data(RootCommand.fullMessage(for: error).utf8)).command
        }
        throw Refusal.fault("the parser does not describe the commands")
    }

    /// Those that people see; the parser adds 'help'.
    var shownCommands: [CommandTree] { (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" } }

    /// Commands that do something themselves, with the words that name them behind `tessera`.
    var leaves: [(words: [String], command: CommandTree)] {
        shownCommands.flatMap { command in
            let below = command.leaves.map { (words: [command.commandName] + $0.words, command: $0.command) }
            return below.isEmpty ? [(words: [command.commandName], command: command)] : below
        }
    }

    /// The command that `words` begin with, and how many of them name it.
    func command(named words: some Collection<String>) -> (command: CommandTree, depth: Int) {
        guard let word = words.first, let next = subcommands?.first(where: { $0.commandName == word }) else { return (self, 0) }
        let found = next.command(named: words.dropFirst())
        return (found.command, found.depth + 1)
    }

    /// The words that name `command` behind `tessera`; none for `tessera` itself.
    static func words(of command: any ParsableCommand.Type, below: any ParsableCommand.Type = RootCommand.self) -> [String] {
        for next in below.configuration.subcommands {
            guard let name = next.configuration.commandName else { continue }
            if next == command { return [name] }
            let rest = words(of: command, below: next)
            if !rest.isEmpty { return [name] + rest }
        }
        return []
    }

    var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
}
