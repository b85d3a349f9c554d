import ArgumentParser
import Files
import Formats

/// `tessera manual`, for `make install`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Write the manual pages of all commands, or print them as one page of Markdown.",
        discussion: """
            They say what --help says. 'make install' puts them where man finds them.

            Examples:
              tessera manual -o share/man/man1
              tessera manual --markdown
            """,
        shouldDisplay: false)

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "folder"))
    var output: String?

    @Flag(help: "Print one page of Markdown instead, as Docs/reference/commands.md has it.")
    var markdown = false

    func validate() throws {
        if markdown == (output != nil) { throw ValidationError("name a folder with --output, or print a page with --markdown") }
    }

    func run() throws {
        let tree = try CommandTree.current()
        guard let output else { return Output.write(CommandsPage.text(tree)) }
        let pages = ManualPage.all(tree)
        try Folders.make(output)
        for page in pages {
            try OutputFile.write(page.text(version: RootCommand.configuration.version), to: "\(output)/\(page.fileName)")
        }
        Output.line("\(output): \(pages.count) pages")
    }
}
