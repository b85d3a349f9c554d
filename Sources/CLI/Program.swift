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
    /// Something did not pass, and is reported.
    static let failure = ErrorCategory.unreadable.exitCode
    private static let wrongUsage = ErrorCategory.usage.exitCode

    /// Runs `arguments` (without the program's name) and gives the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
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
            return report(error, of: parsed)
        }
    }

    /// Usage and hint as the parser shows them for arguments that it refuses itself.
    private static func usage(of command: any ParsableCommand.Type) -> String {
        let name = command.configuration.commandName.map { " " + $0 } ?? ""
        return "Usage: \(RootCommand.usageString(for: command))\n  See 'tessera\(name) --help' for more information."
    }

    /// Says what happened where it is to be said, and gives the exit code.
    /// - Parameter command: what was running; nil if the arguments were not understood.
    private static func report(_ error: any Error, of command: (any ParsableCommand)?) -> Int32 {
        if error is CancellationError || Task.isCancelled {
            Terminal.note("tessera: stopped")
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
            let message = RootCommand.fullMessage(for: error)
            Terminal.error(Program.uncapitalized(message.hasPrefix("Error: ") ? message.dropFirst("Error: ".count) : message[...]))
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
        Terminal.error(error.message)
        return error.category.exitCode
    }
}

@main
enum Main {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard canStart(threads: threadsOfTasks) else {
            Terminal.error("too few threads can be started; raise the limit of processes (ulimit -u, or pids of the control group)")
            exit(ErrorCategory.outOfResources.exitCode)
        }
        let task = Task.detached { await Program.run(arguments) }
        let interruption = Interruption { task.cancel() }
        let code = await task.value
        withExtendedLifetime(interruption) {}
        exit(code)
    }

    /// Those of tasks, of the queue that hears signals and of the one that watches it; with one less some commands never ended.
    private static let threadsOfTasks = 5

    /// Whether the limits allow as many threads beside this one. Tasks wait for ever where they do not.
    private static func canStart(threads count: Int) -> Bool {
        let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        defer { gate.deallocate() }
        pthread_mutex_init(gate, nil)
        // All of them wait for it, so that they exist at the same time.
        pthread_mutex_lock(gate)
        var started: [pthread_t] = []
        while started.count < count {
            var thread = pthread_t()
            let wait: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { gate in
                guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
                pthread_mutex_lock(gate)
                pthread_mutex_unlock(gate)
                return nil
            }
            guard pthread_create(&thread, nil, wait, gate) == 0 else { break }
            started.append(thread)
        }
        pthread_mutex_unlock(gate)
        for thread in started { pthread_join(thread, nil) }
        return started.count == count
    }
}
