import ArgumentParser
import Foundation
import Tessera

/// The `tessera` command.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tessera",
        abstract: "Compile, inspect and run 4M models on the CPU.",
        discussion: """
            A model is a .safetensors or torch .pth file, a folder or shard index as the Hugging Face Hub has them, the name of a Hub \
            repository that 'tessera pull' has fetched, or a bundle folder with a bundle.yaml that names a 4M model and its tokenizers.

            Results go to standard output, messages to standard error. Exit code 0: done; 1: failed; 2: wrong usage; 128 and \
            the number of a signal that stopped it, so 130 for Ctrl-C.
            """,
        version: "tessera 0.1.0",
        subcommands: [ManualCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Use a model",
                subcommands: [
                    GenerateCommand.self, TokenizeCommand.self, DetokenizeCommand.self, FeaturesCommand.self, EmbedCommand.self,
                    SearchCommand.self, ServeCommand.self, DemoCommand.self,
                ]),
            CommandGroup(
                name: "Get a model",
                subcommands: [PullCommand.self, InitCommand.self, TrainCommand.self, CompileCommand.self, ExportCommand.self]),
            CommandGroup(
                name: "Look inside",
                subcommands: [
                    InspectCommand.self, RunCommand.self, CompareCommand.self, BenchCommand.self, ProfileCommand.self, EvaluateCommand.self,
                    TestCommand.self,
                ]),
            CommandGroup(
                name: "Take apart",
                subcommands: [OptCommand.self, ExtractCommand.self, BisectCommand.self, ReduceCommand.self]),
            CommandGroup(name: "About Tessera", subcommands: [KernelsCommand.self, OpsCommand.self, PassesCommand.self]),
        ])
}

/// Parses, runs and maps every ending to an exit code.
enum Program {
    /// Something did not pass, and is reported.
    static let failure = ErrorCategory.unreadable.exitCode
    private static let wrongUsage = ErrorCategory.usage.exitCode

    /// Runs `arguments` (without the program's name) and gives the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        if let problem = UnknownWords.command(in: arguments) {
            Terminal.error("\(problem)\n\(usage(of: RootCommand.self))")
            return wrongUsage
        }
        var parsed: (any ParsableCommand)?
        do {
            var command = try RootCommand.parseAsRoot(arguments)
            parsed = command
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            try Output.check()
            return 0
        } catch {
            return report(error, of: parsed, arguments)
        }
    }

    /// Usage and hint as the parser shows them for arguments that it refuses itself.
    private static func usage(of command: any ParsableCommand.Type) -> String {
        let words = ["tessera"] + CommandTree.words(of: command)
        return "Usage: \(RootCommand.usageString(for: command))\n  See '\(words.joined(separator: " ")) --help' for more information."
    }

    /// Says what happened where it is to be said, and gives the exit code.
    /// - Parameter command: what was running; nil if the arguments were not understood.
    private static func report(_ error: any Error, of command: (any ParsableCommand)?, _ arguments: [String]) -> Int32 {
        if error is CancellationError || Task.isCancelled {
            Terminal.say("tessera: stopped")
            return ErrorCategory.cancelled.exitCode
        }
        if let code = error as? ExitCode { return code.rawValue }
        if let error = error as? ValidationError, let command {
            Terminal.error("\(error.message)\n\(usage(of: type(of: command)))")
            return wrongUsage
        }
        switch RootCommand.exitCode(for: error) {
        case .success:
            Output.line(RootCommand.fullMessage(for: error))
            do { try Output.check() } catch { return fail(error) }
            return 0
        case .validationFailure:
            let message = RootCommand.fullMessage(for: error).trimmingPrefix("Error: ")
            guard command == nil, let problem = UnknownWords.option(in: arguments) else {
                Terminal.error(Program.uncapitalized(message))
                return wrongUsage
            }
            let usage = message.firstRange(of: "\nUsage: ").map { String(message[$0.lowerBound...]) } ?? ""
            Terminal.error(problem + usage)
            return wrongUsage
        default: return fail(error)
        }
    }

    /// The parser begins its messages with a capital letter; ours follow a colon.
    private static func uncapitalized(_ message: Substring) -> String {
        let first = message.prefix { !$0.isWhitespace }
        return first.dropFirst().contains(where: \.isUppercase) ? String(message) : message.prefix(1).lowercased() + message.dropFirst()
    }

    private static func fail(_ error: any Error) -> Int32 {
        let error = TesseraError(error)
        if error.category == .outOfResources, error.file.map(Output.isStandard) == true, Output.readerIsGone { return Output.brokenPipe }
        Terminal.error(error.message)
        return error.category.exitCode
    }
}

@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == ServeCommand.configuration.commandName, let problem = ServerProgram.become() { end(problem) }
        if let problem = StartCheck.problem() { end(problem) }
        let task = Task.detached { await Program.run(arguments) }
        guard Interruption.begin({ task.cancel() }) else { end("the thread that hears signals cannot be started (ulimit -u)") }
        let code = await task.value
        exit(Interruption.exitCode ?? code)
    }

    private static func end(_ problem: String) -> Never {
        Terminal.error(problem)
        exit(ErrorCategory.outOfResources.exitCode)
    }
}
