import ArgumentParser
import Testing

@testable import CLI

@Suite struct UsageTests {
    @Test(arguments: [
        ["frobnicate"], ["inspect"], ["inspect", "m", "--stage", "half"], ["inspect", "m", "--bind", "tokens"],
        ["inspect", "m", "--bind", "tokens=-1"], ["inspect", "m", "--ir", "--json"], ["inspect", "m", "--disable", "fuse-gelu"],
        ["kernels", "--threads", "0"], ["kernels", "--threads", "many"], ["kernels", "--isa", "sse"], ["ops", "atention"],
        ["run", "m", "--inputs", "a", "--outputs", "b"], ["test"], ["test", "x", "--jobs", "0"],
        ["run", "m", "--function", "f", "--inputs", "a", "--outputs", "b", "--disable", "fuse-atention"],
    ])
    func wrongUsageIsCodeTwoAndSaysWhatToDo(arguments: [String]) async {
        let capture = Output.Capture()
        let code = await Output.$capture.withValue(capture) { await Program.run(arguments) }
        #expect(code == 2)
        #expect(capture.output.isEmpty)
        #expect(capture.messages.hasPrefix("tessera: error: "))
        #expect(capture.messages.contains("Usage: tessera"))
    }

    @Test func misspelledNamesGetASuggestion() async {
        let op = await Command("ops", "atention")
        #expect(op.messages.contains("did you mean attention?"))
        let rule = await Command("inspect", "m", "--stage", "clean", "--disable", "fuse-gelo")
        #expect(rule.messages.contains("did you mean fuse-gelu?"))
    }

    @Test func helpAndVersionAreResults() async {
        for arguments in [["--help"], ["run", "--help"], ["help", "inspect"]] {
            let capture = Output.Capture()
            let code = await Output.$capture.withValue(capture) { await Program.run(arguments) }
            #expect(code == 0)
            #expect(capture.output.contains("OVERVIEW: "))
            #expect(capture.messages.isEmpty)
        }
        let version = await Command("--version")
        #expect(version.output.wholeMatch(of: /tessera \d+\.\d+\.\d+\n/) != nil)
    }

    @Test func everyCommandHasAnAbstractAndExamples() throws {
        let commands = Tessera.configuration.groupedSubcommands.flatMap(\.subcommands)
        #expect(commands.count >= 10)
        for command in commands {
            let configuration = command.configuration
            #expect(!configuration.abstract.isEmpty)
            #expect(configuration.discussion.contains("tessera \(configuration.commandName ?? "?")"), "\(command) shows no example")
        }
    }

    @Test func failureIsCodeOneAndNamesTheFile() async {
        let missing = await Command("inspect", "/nowhere/fm.safetensors")
        #expect(missing.code == 1)
        #expect(missing.messages.hasPrefix("tessera: error: /nowhere/fm.safetensors does not exist"))
    }

    @Test func bindingsAreParsed() {
        #expect(SizeBinding(argument: "tokens=12")?.size == 12)
        for wrong in ["tokens", "=3", "tokens=", "tokens=1.5", "tokens=99999999999999999999"] {
            #expect(SizeBinding(argument: wrong) == nil)
        }
    }

    @Test func cancelledCommandsEndWith130() async throws {
        let folder = try TemporaryFolder()
        try folder.write(#"{"kind": "nothing"}"#, "case.json")
        let capture = Output.Capture()
        let path = folder.path
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Output.$capture.withValue(capture) { await Program.run(["test", path]) }
        }
        #expect(await task.value == 130)
        #expect(capture.messages.contains("stopped"))
    }
}
