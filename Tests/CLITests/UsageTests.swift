import ArgumentParser
import Inspect
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

    /// The parser has options that it does not describe.
    @Test func hiddenOptionsAreKnown() async {
        let run = await Command("--generate-completion-script", "tcsh")
        #expect(run.code == 2 && run.messages.contains("tcsh") && !run.messages.contains("unknown option"), "\(run.messages)")
    }

    @Test(arguments: [
        (["generte", "x", "-o", "y"], "unknown command 'generte'; did you mean generate?"),
        (["help", "generte"], "unknown command 'generte'; did you mean generate?"),
        (["GENERATE"], "did you mean generate?"), (["-"], "unknown command '-'"), ([""], "unknown command ''"),
        (["xyzzyx"], "unknown command 'xyzzyx'; 'tessera --help' lists them"),
        (["--verison"], "unknown option '--verison'; did you mean --version?"),
        // Before what is missing besides.
        (["generate", "m", "--inptu", "x"], "unknown option '--inptu'; did you mean --input?"),
        (["init", "--presett=4m-b", "-o", "x"], "unknown option '--presett'; did you mean --preset?"),
        (["generate", "m", "-o", "o", "--frobnicate"], "unknown option '--frobnicate'\nUsage: tessera generate"),
        (["kernels", "-x"], "unknown option '-x'"),
        (["train", "wordpeice", "a.txt"], "unknown command 'train wordpeice'; did you mean wordpiece?"),
        (["train", "wordpiece", "a.txt", "-o", "b.json", "--vocabsize", "9"], "unknown option '--vocabsize'; did you mean --vocab-size?"),
        // A value that looks like an option is one.
        (["generate", "m", "-o", "--frob"], "missing value for '-o <folder>'"),
    ])
    func unknownWordsAreNamedFirst(arguments: [String], words: String) async {
        let run = await Command(arguments)
        #expect(run.code == 2 && run.output.isEmpty, "\(run.output)")
        #expect(run.messages.contains(words), "\(run.messages)")
        #expect(run.messages.contains("Usage: tessera") && !run.messages.contains("unexpected argument"), "\(run.messages)")
    }

    /// Also where the fault shows only when the command runs.
    @Test func hintsAreThoseOfTheCommand() async throws {
        let folder = try TemporaryFolder()
        let run = await Command("generate", Shapes.folder, "--input", "rgb@224", "-o", folder.file("out"))
        #expect(run.code == 2)
        #expect(run.messages.contains("Usage: tessera generate [<options>] <bundle>"), "\(run.messages)")
        #expect(run.messages.contains("See 'tessera generate --help' for more information."), "\(run.messages)")
    }

    /// A number below 0 is a value, not another option, and out of range where it makes no sense.
    @Test(arguments: [
        (["generate", "m", "-o", "o", "--temperature", "-1"], "'-1' is invalid for '--temperature <t>': it must be a number from 0"),
        (["generate", "m", "-o", "o", "--steps", "-1"], "'--steps <n>': it must be a whole number from 1"),
        (["generate", "m", "-o", "o", "--top-k", "-1"], "--top-k must be a count or a share"),
        (
            ["detokenize", "m", "t.npy", "--modality", "rgb", "-o", "o.png", "--diffusion-guidance", "-1"],
            "'-1' is invalid for '--diffusion-guidance <scale>': it must be a number from 0"
        ),
        (["features", "m", "p.png", "-o", "f.npy", "--batch", "-2"], "'--batch <n>': it must be a whole number from 1 to 100000"),
        (["search", "m", "i", "--input", "caption=x", "--top", "-2"], "'-2' is invalid for '--top <n>': it must be a whole number from 1"),
        (["embed", "m", "f", "-o", "i.safetensors", "--top-p", "-0.5"], "'--top-p <p>': it must be a number from 0 to 1"),
        (["init", "--preset", "4m-b", "-o", "x", "--shard-size", "-5"], "'--shard-size <gb>': it must be a number from 0.001"),
        (["kernels", "--threads", "-1"], "'--threads <n>': it must be a whole number from 1 to 1024"),
        (["test", "x", "--jobs", "-1"], "'--jobs <n>': it must be a whole number from 1 to 256"),
        (["bench", "m", "--function", "f", "--runs", "-3"], "'--runs <n>': it must be a whole number from 1"),
        (
            ["run", "m", "--function", "f", "--inputs", "a", "--outputs", "b", "--stop-after", "-1"],
            "'--stop-after <n>': it must be a whole number from 0"
        ),
    ])
    func negativeNumbersAreValues(arguments: [String], words: String) async {
        let run = await Command(arguments)
        #expect(run.code == 2 && run.messages.contains(words), "\(run.messages)")
    }

    @Test func negativeNumbersServeWhereTheyMakeSense() throws {
        let search = try SearchCommand.parse([
            "m", "i", "--input", "caption=x", "--input", "caption=y", "--weight", "1", "--weight", "-0.5",
        ])
        #expect(search.weight == [1, -0.5])
        #expect(try SamplingOptions.parse(["--cfg", "-2"]).cfg == -2)
        #expect(try DatasetOptions.parse(["--dataset", "d", "--mask-value", "-1"]).maskValue == -1)
        #expect(try ModelArgument.parse(["m", "--lora-scale", "-0.5"]).loraScale == -0.5)
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
        let commands = RootCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
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
        #expect(SizeBinding("tokens=12")?.size == 12)
        for wrong in ["tokens", "=3", "tokens=0", "tokens=", "tokens=1.5", "tokens=99999999999999999999"] {
            #expect(SizeBinding(wrong) == nil)
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
