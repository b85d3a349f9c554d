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
    var shownArguments: [Argument] { (arguments ?? []).filter(\.shouldDisplay) }
}
