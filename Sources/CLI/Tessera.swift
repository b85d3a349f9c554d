import ArgumentParser
import Foundation
import Hub

/// The `tessera` command.
struct Tessera: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Compile, inspect and run 4M models on the CPU.",
        discussion: """
            A model is a .safetensors or torch .pth file, a folder or shard index as the Hugging Face Hub has them, the name of a Hub \
            repository that 'tessera pull' has fetched, or a bundle folder with a bundle.yaml that names a 4M model and its tokenizers.

            Results go to standard output, messages to standard error. Exit code 0: done; 1: failed; 2: wrong usage; 130: stopped \
            by Ctrl-C.
            """,
        version: "tessera 0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Use a model",
                subcommands: [
                    GenerateCommand.self, TokenizeCommand.self, DetokenizeCommand.self, FeaturesCommand.self, EmbedCommand.self,
                    SearchCommand.self, DemoCommand.self,
                ]),
            CommandGroup(name: "Get a model", subcommands: [PullCommand.self, InitCommand.self]),
            CommandGroup(name: "Look inside", subcommands: [InspectCommand.self, RunCommand.self, BenchCommand.self, TestCommand.self]),
            CommandGroup(name: "About Tessera", subcommands: [KernelsCommand.self, OpsCommand.self, PassesCommand.self]),
        ])
}

/// Parses, runs and maps every ending to an exit code.
enum Program {
    static let failure: Int32 = 1
    static let wrongUsage: Int32 = 2

    /// Runs `arguments` (without the program's name) and gives the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        var parsed: (any ParsableCommand)?
        do {
            var command = try Tessera.parseAsRoot(arguments)
            parsed = command
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return 0
        } catch {
            return report(error, of: parsed)
        }
    }

    /// Usage and hint as the parser shows them for arguments that it refuses itself.
    private static func usage(of command: any ParsableCommand.Type) -> String {
        let name = command.configuration.commandName.map { " " + $0 } ?? ""
        return "Usage: \(Tessera.usageString(for: command))\n  See 'tessera\(name) --help' for more information."
    }

    /// Says what happened where it is to be said, and gives the exit code.
    /// - Parameter command: what was running; nil if the arguments were not understood.
    private static func report(_ error: any Error, of command: (any ParsableCommand)?) -> Int32 {
        if error is CancellationError || Task.isCancelled {
            Terminal.note("tessera: stopped")
            return Interruption.exitCode
        }
        if let code = error as? ExitCode { return code.rawValue }
        // A name or variable that cannot be meant.
        if let error = error as? HubError, error.kind == .invalid {
            Terminal.error(ErrorText.of(error))
            return wrongUsage
        }
        if let error = error as? ValidationError, let command {
            Terminal.error("\(error.message)\n\(usage(of: type(of: command)))")
            return wrongUsage
        }
        switch Tessera.exitCode(for: error) {
        case .success:
            Output.line(Tessera.fullMessage(for: error))
            return 0
        case .validationFailure:
            let message = Tessera.fullMessage(for: error)
            Terminal.error(message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message)
            return wrongUsage
        default:
            Terminal.error(ErrorText.of(error))
            return failure
        }
    }
}

@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let task = Task.detached { await Program.run(arguments) }
        let interruption = Interruption { task.cancel() }
        let code = await task.value
        withExtendedLifetime(interruption) {}
        exit(code)
    }
}
