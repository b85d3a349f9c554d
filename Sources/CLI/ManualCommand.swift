import ArgumentParser
import Files
import Formats

/// `tessera manual`, for `make install`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Write the manual pages of all commands.",
        discussion: """
            They say what --help says. 'make install' puts them where man finds them.

            Example:
              tessera manual -o share/man/man1
            """,
        shouldDisplay: false)

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "folder"))
    var output: String

    func run() throws {
        let tree = try CommandTree.current()
        let pages = [ManualPage(command: tree, parent: nil)] + tree.shownCommands.map { ManualPage(command: $0, parent: tree) }
        try Folders.make(output)
        for page in pages {
            try OutputFile.write(page.text(version: RootCommand.configuration.version), to: "\(output)/\(page.fileName)")
        }
        Output.line("\(output): \(pages.count) pages")
    }
}
