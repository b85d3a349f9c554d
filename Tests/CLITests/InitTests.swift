import Foundation
import Hub
import Testing

@testable import CLI

/// `tessera init`, `tessera pull --list`
@Suite struct InitTests {
    static let small = [
        "--set", "dim=16", "--set", "num_heads=2", "--set", "encoder_depth=1", "--set", "decoder_depth=1", "--set",
        #"domains_in=["rgb@224","color_palette"]"#, "--set", #"domains_out=["color_palette"]"#, "--set",
        #"modality_overrides={"color_palette":{"vocab_size":40}}"#,
    ]

    @Test func whatIsWrittenCanBeRead() async throws {
        let folder = try TemporaryFolder()
        let made = await Command(["init", "--preset", "4m-21-b", "-o", folder.file("m"), "--json"] + Self.small)
        #expect(made.code == 0, "\(made.messages)")
        let row = try #require(made.json([[String: Any]].self).first)
        let parameters = try #require(row["parameters"] as? Int)
        let seen = try await Command("inspect", folder.file("m"), "--json").json()
        #expect(seen["parameters"] as? Int == parameters && row["bytes"] as? Int == 4 * parameters)
        let again = await Command(["init", "--config", folder.file("m/config.json"), "-o", folder.file("n"), "--seed", "0"])
        #expect(again.code == 0, "\(again.messages)")
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder.file("m/model.safetensors")))
                == Data(contentsOf: URL(fileURLWithPath: folder.file("n/model.safetensors"))))
    }

    @Test func aModelIsReplacedOnlyWhenAsked() async throws {
        let folder = try TemporaryFolder()
        for path in [folder.file("m"), folder.file("m.safetensors")] {
            let make = ["init", "--preset", "4m-21-b", "-o", path] + Self.small + ["--set", "dim=128"]
            #expect(await Command(make + (path.hasSuffix("safetensors") ? [] : ["--shard-size", "0.001"])).code == 0)
            let file = path.hasSuffix("safetensors") ? path : path + "/model.safetensors.index.json"
            let before = try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int
            let again = await Command(make)
            #expect(again.code == 1 && again.messages.contains("--overwrite replaces it"), "\(again.messages)")
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.systemFileNumber] as? Int == before)
            let asked = await Command(make + ["--overwrite"])
            #expect(asked.code == 0, "\(asked.messages)")
        }
        // No shard of the older one is left.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.file("m")).sorted() == ["config.json", "model.safetensors"])
    }

    private func stopped(_ arguments: [String]) async -> Command {
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Command(arguments)
        }.value
    }

    /// The old model stays until the new one is there.
    @Test func aModelIsNotLostWhereTheNewOneIsStopped() async throws {
        let folder = try TemporaryFolder()
        let make = ["init", "--preset", "4m-21-b", "-o", folder.file("m")] + Self.small
        #expect(await Command(make).code == 0)
        try folder.write("kept", "m/bundle.yaml")
        let abandoned = folder.file("m/.tessera-new-\(Int32.max)")
        try FileManager.default.createDirectory(atPath: abandoned, withIntermediateDirectories: true)
        try folder.write("x", "m/.tessera-new-\(Int32.max)/config.json")
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("m/model.safetensors")))
        let run = await stopped(make + ["--overwrite", "--shard-size", "0.001", "--seed", "3"])
        #expect(run.code == 130, "\(run.messages)")
        let names = ["bundle.yaml", "config.json", "model.safetensors"]
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("m")).sorted() == names)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("m/model.safetensors"))) == before)
        // A bundle.yaml is none of the model's files.
        let replaced = await Command(make + ["--overwrite", "--seed", "3", "--json"])
        #expect(
            try replaced.json([[String: Any]].self).first?["files"] as? [String]
                == ["model.safetensors", "config.json"].map { folder.file("m/" + $0) })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("m")).sorted() == names)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("m/model.safetensors"))) != before)
        #expect(try String(contentsOfFile: folder.file("m/bundle.yaml"), encoding: .utf8) == "kept")
    }

    @Test func whatIsStoppedLeavesNothing() async throws {
        let folder = try TemporaryFolder()
        let path = folder.file("new/m")
        let run = await stopped(["init", "--preset", "4m-21-b", "-o", path] + Self.small)
        #expect(run.code == 130 && run.messages.contains("stopped"), "\(run.messages)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        let quiet = await stopped(["init", "--preset", "4m-21-b", "-o", path, "--quiet"] + Self.small)
        #expect(quiet.messages == "tessera: stopped\n")
    }

    @Test(arguments: [("HF_HUB_DOWNLOAD_TIMEOUT", "nan"), ("HF_HUB_DOWNLOAD_TIMEOUT", "-1"), ("HF_ENDPOINT", "ftp://x")])
    func variablesThatCannotBeMeantAreCodeTwo(name: String, value: String) async {
        let run = await HubSettings.$environment.withValue([name: value, "HF_HUB_OFFLINE": "1", "HOME": "/nowhere"]) {
            await Command("pull", "org/model")
        }
        #expect(run.code == 2 && run.messages.contains("\(name): '\(value)'"), "\(run.messages)")
    }

    @Test func listsNameTheZoo() async throws {
        let presets = try await Command("init", "--list", "--json").json([[String: Any]].self)
        let repositories = try await Command("pull", "--list", "--json").json([[String: Any]].self)
        #expect(presets.flatMap { $0["aliases"] as? [String] ?? [] }.sorted() == ["4m-b", "4m-l", "4m-xl"])
        #expect(presets.count == 22 && repositories.count == 25)
        #expect(Set(presets.flatMap { $0["hubNames"] as? [String] ?? [] }) == Set(repositories.compactMap { $0["repository"] as? String }))
    }

    @Test(
        arguments: [
            (["--preset", "4m-xxl", "-o", "x"], 2, "did you mean 4m-xl?"), (["--preset", "4m-b"], 2, "--output"),
            (["-o", "x"], 2, "--preset or --config"),
            (["--preset", "4m-b", "--config", "c.json", "-o", "x"], 2, "--preset and --config exclude each other"),
            (["--preset", "4m-b", "-o", "x", "--set", "dmi=64"], 2, "no key 'dmi'; did you mean dim?"),
            (["--preset", "tok-rgb-16k", "-o", "x", "--set", "codebok_size=2"], 2, "did you mean codebook_size?"),
            (["--preset", "4m-b", "-o", "x", "--set", "dim=63"], 2, "--set dim=63: 'num_heads' is 12; it must be a divisor of dim (63)"),
            (["--preset", "4m-b", "-o", "x", "--set", "dim=wide"], 2, "--set dim=wide: 'dim': an integer is needed"),
            (["--preset", "4m-b", "-o", "x", "--dtype", "i8"], 2, "--dtype"),
            (["--preset", "4m-b", "-o", "x", "--set", "dim"], 2, "KEY=VALUE"),
            (["--preset", "4m-b", "--bundle", "-o", "x.safetensors"], 2, "--bundle"),
            (["--config", "/none.json", "-o", "x"], 1, "/none.json"),
            (["--list", "--preset", "4m-b"], 2, "--preset has no effect with --list"),
            (["--list", "-o", "x"], 2, "--output has no effect"),
            (["--preset", "4m-b", "-o", "x", "--text-tokenizer", "t.json"], 2, "give --bundle too"),
            (["--preset", "4m-b", "-o", "x.safetensors", "--shard-size", "1"], 2, "--shard-size is for a folder"),
            (["--preset", "4m-b", "-o", "x", "--bundle", "--text-tokenizer", "/none.json"], 1, "--text-tokenizer /none.json is no file"),
            (["--preset", "4m-b", "-o", "-"], 2, "--output -: is standard output"),
            (["--preset", "4m-b", "-o", "photo.png"], 2, "--output photo.png: ends as a file does"),
            (["--preset", "4m-b", "-o", "/dev/null/x.safetensors"], 2, "--output /dev/null"),
            (["--preset", "4m-b", "-o", "x", "--set", "num_heads=7"], 2, "--set num_heads=7: 'num_heads' is 7"),
        ] as [([String], Int32, String)])
    func wrongUse(_ arguments: [String], _ code: Int32, _ words: String) async {
        let run = await Command(["init"] + arguments)
        #expect(run.code == code && run.messages.contains(words), "\(run.messages)")
    }
}
