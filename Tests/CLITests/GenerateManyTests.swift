import Formats
import Foundation
import Media
import TestSupport
import Testing

@testable import CLI

/// Prompts, variations, resumption, streams and weighted conditions of `generate`.
@Suite struct GenerateManyTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test(arguments: [
        ["--variations", "0"], ["--limit", "x"], ["--condition", "caption"], ["--condition", "x:caption=a"], ["--condition", "1:=a"],
        ["--stream", "a", "--stream", "b"], ["--json", "--stream", "json"], ["--no-sr", "--sr-settings", "x"], ["--finished-weight", "2"],
        ["--sam-passes", "0"], ["--condition", "1:caption=a", "--cfg", "2"], ["--resume", "--overwrite"],
        ["--prompt", "a", "--prompts", "x.txt"],
        ["--input", "caption=a", "--stream", "-", "--target", "det"],
        ["--input", "caption=a", "--stream", "photo.png", "--target", "det"],
        ["--target", "caption,,det"], ["--target", "caption,det", "--target", "caption"], ["--prompt", "a", "--input", "caption=b"],
        ["--input", "caption=a", "--prompts", "x.txt"],
    ])
    func wrongFlagsAreCodeTwo(arguments: [String]) async throws {
        let out = try TemporaryFolder()
        let run = await Command(["generate", Shapes.folder, "-o", out.path] + arguments)
        #expect(run.code == 2, "\(run.messages)")
    }

    @Test func variationsOfPromptsHaveFoldersAndResume() async throws {
        let folder = try TemporaryFolder()
        try folder.write("Prompt\tCategory\na red sphere\tOne\na blue cube\tTwo\n", "prompts.tsv")
        let arguments = [
            "generate", Shapes.folder, "--prompts", folder.file("prompts.tsv"), "--variations", "2", "--target", "det", "--max-tokens", "3",
            "--temperature", "2", "-o", folder.file("out"),
        ]
        let run = await Command(arguments + ["--json"])
        #expect(run.code == 0, "\(run.messages)")
        let records = try run.json([[String: Any]].self)
        #expect(records.compactMap { $0["folder"] as? String } == ["0000/v0", "0000/v1", "0001/v0", "0001/v1"])
        #expect((records[3]["inputs"] as? [String: String]) == ["caption": "a blue cube"])
        #expect((records[3]["notes"] as? [String: String]) == ["Category": "Two"])
        for sheet in ["sheet.png", "0000/sheet.png", "0001/v1/sheet.png"] { #expect(exists(folder.file("out/" + sheet)), "\(sheet)") }
        func text(_ sample: String) throws -> String { try String(contentsOfFile: folder.file("out/\(sample)/det.txt"), encoding: .utf8) }
        #expect(try text("0000/v0") != text("0000/v1"))

        let before = try text("0001/v0")
        var sheets: [String: Data] = [:]
        for sheet in ["sheet.png", "0001/sheet.png"] {
            let url = URL(fileURLWithPath: folder.file("out/" + sheet))
            sheets[sheet] = try Data(contentsOf: url)
            try FileManager.default.removeItem(at: url)
        }
        try folder.write("changed", "out/0000/v0/det.txt")
        try FileManager.default.removeItem(atPath: folder.file("out/0001/v0/result.json"))
        try FileManager.default.removeItem(atPath: folder.file("out/0001/v0/det.txt"))
        let again = await Command(arguments + ["--resume", "--json"])
        #expect(again.code == 0 && again.messages.contains("3 of 4 samples are there already"), "\(again.messages)")
        #expect(try again.json([[String: Any]].self).count == 4)
        #expect(try text("0000/v0") == "changed" && text("0001/v0") == before)

        for sheet in ["sheet.png", "0001/sheet.png"] {
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("out/" + sheet))) == sheets[sheet], "\(sheet)")
        }

        let other = await Command(arguments + ["--resume", "--seed", "5"])
        #expect(other.code == 1 && other.messages.contains("seed 0, not 5"), "\(other.messages)")
    }

    /// A folder or list of prompts is one, also if one sample of it is taken.
    @Test func limitsDoNotChangeTheLayout() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a red sphere\na blue cube\n", "prompts.txt")
        let arguments = ["generate", Shapes.folder, "--target", "det", "--max-tokens", "2", "-o", folder.file("out"), "--json"]
        let prompts = ["--prompts", folder.file("prompts.txt")]
        let first = await Command(arguments + prompts + ["--limit", "1"])
        #expect(first.code == 0, "\(first.messages)")
        #expect(try first.json([[String: Any]].self).compactMap { $0["folder"] as? String } == ["0000"])
        #expect(
            exists(folder.file("out/0000/result.json")) && exists(folder.file("out/sheet.png")) && !exists(folder.file("out/result.json")))
        let all = await Command(arguments + prompts + ["--resume"])
        #expect(all.code == 0 && all.messages.contains("1 of 2 samples are there already"), "\(all.messages)")
        try folder.write("a red sphere\n", "one.txt")
        let one = await Command(arguments + ["--prompts", folder.file("one.txt"), "--resume"])
        #expect(one.code == 1 && one.messages.contains("holds 0001/result.json of a run with other samples"), "\(one.messages)")
        let limited = await Command(arguments + prompts + ["--resume", "--limit", "1"])
        #expect(limited.code == 0 && limited.messages.contains("1 of 1 samples are there already"), "\(limited.messages)")
    }

    /// One broken photo leaves the others; it is made when it is mended.
    @Test func brokenInputsAreSkippedAndMadeLater() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("photos"), withIntermediateDirectories: true)
        for name in ["a", "c"] {
            try FileManager.default.copyItem(atPath: Shapes.image("000_rgb.png"), toPath: folder.file("photos/\(name).png"))
        }
        try folder.write("no picture", "photos/b.png")
        let arguments = [
            "generate", Shapes.folder, "--input", "rgb@224=" + folder.file("photos"), "--target", "det", "--max-tokens", "1", "--json",
            "-o",
            folder.file("out"), "--variations", "2",
        ]
        let run = await Command(arguments)
        #expect(run.code == 1 && run.messages.contains("warning: skipped \(folder.file("photos/b.png"))"), "\(run.messages)")
        #expect(run.messages.contains("error: 1 of 3 inputs could not be used; the others are written"), "\(run.messages)")
        let records = try run.json([[String: Any]].self)
        #expect(records.compactMap { $0["folder"] as? String } == ["a/v0", "a/v1", "c/v0", "c/v1", "b"])
        let skipped = try #require(records.last)
        #expect((skipped["error"] as? String)?.contains("no PNG, JPEG or WebP") == true && skipped["sample"] as? Int == 1)
        #expect(skipped["inputs"] as? [String: String] == ["rgb@224": folder.file("photos/b.png")])
        #expect(exists(folder.file("out/skipped.json")) && !exists(folder.file("out/b")))

        let again = await Command(arguments)
        #expect(again.code == 1 && again.messages.contains("4 results of an earlier run; give --resume"), "\(again.messages)")
        try FileManager.default.removeItem(atPath: folder.file("photos/b.png"))
        try FileManager.default.copyItem(atPath: Shapes.image("001_rgb.png"), toPath: folder.file("photos/b.png"))
        let rest = await Command(arguments + ["--resume"])
        #expect(rest.code == 0 && rest.messages.contains("4 of 6 samples are there already"), "\(rest.messages)")
        #expect(exists(folder.file("out/b/v1/result.json")) && !exists(folder.file("out/skipped.json")))

        let less = await Command(arguments + ["--overwrite", "--limit", "1"])
        #expect(less.code == 0, "\(less.messages)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted() == ["a", "sheet.png"])
    }

    /// What all samples have in common is no fault of one of them, and nothing is left; else the list of what was skipped is.
    @Test func faultsOfAllSamplesEndTheRun() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a\nb\n", "prompts.txt")
        let prompts = ["generate", Shapes.folder, "--prompts", folder.file("prompts.txt"), "--target", "det", "-o", folder.file("out")]
        let shared = await Command(prompts + ["--input", "rgb@224=" + folder.file("prompts.txt")])
        #expect(shared.code == 1 && !shared.messages.contains("skipped") && !exists(folder.file("out")), "\(shared.messages)")
        let photos = try TemporaryFolder()
        for name in ["a.png", "b.png"] { try photos.write("x", name) }
        let all = await Command(
            "generate", Shapes.folder, "--input", "rgb@224=" + photos.path, "--target", "det", "-o", folder.file("out"))
        #expect(
            all.code == 1 && all.messages.contains("none of the 2 inputs can be used"), "\(all.messages)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out")) == ["skipped.json"])
        let beside = await Command("generate", Shapes.folder, "--input", "rgb@224=" + photos.path, "--target", "det", "-o", photos.path)
        #expect(beside.code == 2 && beside.messages.contains("is the folder of the input"), "\(beside.messages)")
    }

    /// A text in another encoding is as broken as a photo may be.
    @Test func oneUnreadableTextLeavesTheOthers() async throws {
        let (folder, texts) = (try TemporaryFolder(), try TemporaryFolder())
        try texts.write("a red cube", "a.txt")
        try Data([0x63, 0x61, 0x66, 0xE9]).write(to: URL(fileURLWithPath: texts.file("b.txt")))
        try texts.write("a blue cube", "c.txt")
        let arguments = ["--target", "det", "--max-tokens", "1", "-o", folder.file("out")]
        let run = await Command(["generate", Shapes.folder, "--input", "caption=" + texts.path] + arguments)
        #expect(run.code == 1 && run.messages.contains("b.txt: is no text in UTF-8"), "\(run.messages)")
        #expect(
            exists(folder.file("out/a/result.json")) && exists(folder.file("out/c/result.json")) && exists(folder.file("out/skipped.json")))
        #expect(!exists(folder.file("out/a/unfinished.json")))
    }

    /// What is to be read is not removed for what is to be written.
    @Test func whatIsReadIsNotOverwritten() async throws {
        let folder = try TemporaryFolder()
        let arguments = ["--target", "det", "--max-tokens", "1", "-o", folder.path]
        let first = await Command(["generate", Shapes.folder, "--prompt", "a cube", "--prompt", "a cone"] + arguments)
        #expect(first.code == 0, "\(first.messages)")
        try FileManager.default.copyItem(atPath: Shapes.image("000_rgb.png"), toPath: folder.file("0000/photo.png"))
        try FileManager.default.copyItem(atPath: Shapes.image("007_depth.png"), toPath: folder.file("hole.png"))
        try folder.write("a sphere", "prompts.txt")
        try folder.write("seed: 3", "0000/base.yaml")
        let photo = "rgb@224=" + Shapes.image("000_rgb.png")
        for given in [
            ["--input", "rgb@224=" + folder.file("0000/photo.png")], ["--input", "caption=@" + folder.file("0001/det.txt")],
            ["--input", photo, "--mask", "rgb@224=" + folder.file("hole.png")], ["--prompts", folder.file("prompts.txt")],
            ["--input", photo, "--settings", folder.file("0000/base.yaml")],
        ] {
            let run = await Command(["generate", Shapes.folder] + given + arguments + ["--overwrite"])
            #expect(run.code == 2 && run.messages.contains("which is read, lies in it"), "\(given): \(run.messages)")
        }
        #expect(exists(folder.file("0000/result.json")) && exists(folder.file("0001/det.txt")))
    }

    @Test func sheetsShowSamplesOfEarlierRuns() async throws {
        let folder = try TemporaryFolder()
        let photos = ["000", "007"].flatMap { ["--input", "rgb@224=" + Shapes.image($0 + "_rgb.png")] }
        let arguments =
            ["generate", Shapes.folder] + photos + [
                "--target", "tok_semseg@224", "--steps", "1", "--cfg", "1", "--resume", "--json", "-o", folder.path,
            ]
        let run = await Command(arguments)
        #expect(run.code == 0, "\(run.messages)")
        let given = try #require(run.json([[String: Any]].self).first?["given"] as? [[String: String]])
        #expect(given == [["modality": "rgb@224", "picture": "rgb@224.given.png"]])
        let sheet = URL(fileURLWithPath: folder.file("sheet.png"))
        let before = try Data(contentsOf: sheet)
        try FileManager.default.removeItem(at: sheet)
        try FileManager.default.removeItem(atPath: folder.file("007_rgb/result.json"))
        let again = await Command(arguments)
        #expect(again.code == 0 && again.messages.contains("1 of 2 samples are there already"), "\(again.messages)")
        #expect(try Data(contentsOf: sheet) == before)

        try FileManager.default.removeItem(atPath: folder.file("000_rgb/rgb@224.given.png"))
        let last = await Command(arguments)
        #expect(last.code == 0 && last.messages.contains("2 of 2 samples are there already"), "\(last.messages)")
        #expect(try Data(contentsOf: sheet) != before)
    }

    @Test func streamsTellOfEveryPassOverInstances() async throws {
        let folder = try TemporaryFolder()
        let model = SyntheticModel([
            .init("rgb@64", .pixels(channels: 3, patch: 16), positions: 16), .init("sam_instance", .text(vocabulary: 615), positions: 512),
            .init("det", .text(vocabulary: 615), positions: 512),
        ])
        try SafeTensorsWriter.write(model.tensors(), metadata: model.metadata, to: folder.file("fm.safetensors"))
        try folder.write("model: fm.safetensors\ntext_tokenizer: \(Shapes.folder)/text_tokenizer.json\nbox_bins: 100", "bundle.yaml")
        let photos = ["000", "007"].flatMap { ["--input", "rgb@64=" + Shapes.image($0 + "_rgb.png")] }
        let run = await Command(
            ["generate", folder.path] + photos + [
                "--sam-passes", "3", "--batch", "4", "--max-tokens", "5", "--temperature", "2", "--stream", "json", "--stream",
                folder.file("steps"), "-o", folder.file("out"),
            ])
        #expect(run.code == 0, "\(run.messages)")
        let events = try run.output.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        let shares = events.compactMap { $0["share"] as? Double }
        #expect(shares == shares.sorted() && shares.allSatisfy { $0 > 0 && $0 <= 1 })
        for (sample, name) in ["000_rgb", "007_rgb"].enumerated() {
            let own = events.filter { $0["sample"] as? Int == sample && $0["folder"] as? String == name }
            let passes = own.filter { $0["event"] as? String == "pass" }
            #expect(passes.compactMap { $0["pass"] as? Int } == [1, 2, 3])
            #expect(passes.compactMap { $0["last"] as? Bool } == [false, false, true])
            let texts = own.filter { $0["event"] as? String == "text" }
            for (index, pass) in passes.enumerated() {
                let file = try #require(pass["file"] as? String)
                #expect(file == folder.file("steps/\(name)/sam_instance.pass0\(index + 1).png"))
                #expect(try ImageFile.load(path: file).width == 64)
                #expect(texts.contains { $0["pass"] as? Int == index + 1 })
            }
            let joined = try NumpyFile.read(folder.file("out/\(name)/sam_instance.tokens.npy")).integers
            #expect(passes.flatMap { $0["tokens"] as? [Int] ?? [] } == joined)
            let text = try String(contentsOfFile: folder.file("out/\(name)/sam_instance.txt"), encoding: .utf8)
            #expect(passes.last?["text"] as? String == text.trimmingCharacters(in: .newlines))
        }
    }

    @Test func passesAreNotWeighedBeforeAnythingIsSampled() async throws {
        let folder = try TemporaryFolder()
        let model = SyntheticModel([
            .init("caption", .text(vocabulary: 615), positions: 512), .init("sam_instance", .text(vocabulary: 615), positions: 512),
            .init("det", .text(vocabulary: 615), positions: 512),
        ])
        try SafeTensorsWriter.write(model.tensors(), metadata: model.metadata, to: folder.file("fm.safetensors"))
        try folder.write("model: fm.safetensors\ntext_tokenizer: \(Shapes.folder)/text_tokenizer.json\nbox_bins: 100", "bundle.yaml")
        let run = await Command(
            "generate", folder.path, "--condition", "2:det=a", "--target", "caption", "--target", "sam_instance", "--sam-passes", "2", "-o",
            folder.file("out"))
        #expect(run.code == 2 && run.messages.contains("cannot be guided by weighted conditions"), "\(run.messages)")
    }

    @Test func streamsTellOfEveryStep() async throws {
        let folder = try TemporaryFolder()
        let run = await Command(
            "generate", Shapes.folder, "--input", "rgb@224=" + Shapes.image("007_rgb.png"), "--target", "tok_semseg@224", "--target",
            "caption", "--temperature", "0", "--cfg", "1", "--steps", "2", "--stream", "json", "--stream", folder.file("steps"), "-o",
            folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        let events = try run.output.split(separator: "\n").map { line in
            try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        let steps = events.filter { $0["event"] as? String == "step" }
        #expect(steps.compactMap { $0["filled"] as? Int } == [98, 196])
        #expect(steps.compactMap { ($0["tokens"] as? [Int])?.count } == [98, 98])
        for (index, step) in steps.enumerated() {
            let file = try #require(step["file"] as? String)
            #expect(file == folder.file("steps/tok_semseg@224.step0\(index + 1).png"))
            #expect(try ImageFile.load(path: file).width == 224)
        }
        let texts = events.filter { $0["event"] as? String == "text" }
        #expect(texts.last?["text"] as? String == "a large red sphere on a grey floor" && texts.last?["last"] as? Bool == true)
        #expect(texts.dropLast().allSatisfy { $0["last"] as? Bool == false })
        let shares = events.compactMap { $0["share"] as? Double }
        #expect(shares == shares.sorted() && shares.allSatisfy { $0 > 0 && $0 <= 1 })
        #expect(events.last?["event"] as? String == "written" && exists(events.last?["file"] as? String ?? ""))
    }

    @Test func oneWeightedConditionIsGuidanceByAnInput() async throws {
        let folder = try TemporaryFolder()
        let rest = ["--target", "tok_semseg@224", "--steps", "2", "--seed", "4", "-o"]
        let caption = "caption=a large red sphere on a grey floor"
        let one = await Command(["generate", Shapes.folder, "--condition", "2:" + caption] + rest + [folder.file("one")])
        let two = await Command(["generate", Shapes.folder, "--input", caption, "--cfg", "2"] + rest + [folder.file("two")])
        #expect(one.code == 0 && two.code == 0, "\(one.messages)\(two.messages)")
        let tokens = try ["one", "two"].map { try Data(contentsOf: URL(fileURLWithPath: folder.file($0 + "/tok_semseg@224.tokens.npy"))) }
        #expect(tokens[0] == tokens[1])
    }

    @Test func weightedConditionsSteerAndAreRecorded() async throws {
        let folder = try TemporaryFolder()
        func run(_ conditions: [String]) async throws -> (tokens: Data, record: [String: Any]) {
            let run = await Command(
                ["generate", Shapes.folder] + conditions.flatMap { ["--condition", $0] } + [
                    "--target", "tok_semseg@224", "--target", "det", "--max-tokens", "4", "--steps", "2", "--temperature", "0", "-o",
                    folder.file("out"), "--json", "--overwrite",
                ])
            #expect(run.code == 0, "\(run.messages)")
            let tokens = try Data(contentsOf: URL(fileURLWithPath: folder.file("out/tok_semseg@224.tokens.npy")))
            return (tokens, try #require(run.json([[String: Any]].self).first))
        }
        let towards = try await run(["2:caption=a large red sphere on a grey floor", "caption=a large red cone on a grey floor"])
        let away = try await run(["2:caption=a large red sphere on a grey floor", "-1:caption=a large red cone on a grey floor"])
        #expect(towards.tokens != away.tokens)
        let conditions = try #require(away.record["conditions"] as? [[String: Any]])
        #expect(conditions.compactMap { $0["weight"] as? Double } == [2, -1])
        let targets = (away.record["settings"] as? [String: Any])?["targets"] as? [[String: Any]]
        #expect(targets?.compactMap { $0["guidance"] as? [Double] } == [[2, -1], [2, -1, 1]])
    }

    @Test func gapsOfACaptionAreFilledIn() async throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "generate", Shapes.folder, "--target", "caption", "--temperature", "0", "--overwrite", "-o", folder.path, "--input",
        ]
        let run = await Command(arguments + ["caption=a large [S_1] on a grey floor"])
        #expect(run.code == 0, "\(run.messages)")
        let text = try String(contentsOfFile: folder.file("caption.txt"), encoding: .utf8)
        #expect(text.hasPrefix("a large ") && text.hasSuffix(" on a grey floor\n") && text.count > 24, "\(text)")
        // The model ends the text within the gap; what is known goes on behind it.
        let ended = await Command(
            ["generate", Shapes.folder, "--target", "caption", "--temperature", "3", "--seed", "4", "-o", folder.file("ended"), "--input"]
                + ["caption=a large [S_1] on a grey floor"])
        #expect(ended.code == 0 && ended.output.contains(" on a grey floor\n"), "\(ended.output)")
        let whole = await Command(arguments + ["caption=a large red cube"])
        #expect(whole.code == 2 && whole.messages.contains("both given and a target") && whole.messages.contains("[S_1]"))
    }

    @Test func textsThatTheModelCannotReadAreWarnedOf() async throws {
        let folder = try TemporaryFolder()
        let words = ["--prompts", folder.file("prompts.txt"), "--target", "det", "--max-tokens", "1", "-o", folder.file("out")]
        try folder.write("a zebra\na cube\n" + String(repeating: "a red cube ", count: 30), "prompts.txt")
        let run = await Command(["generate", Shapes.folder] + words)
        #expect(run.code == 0 && run.messages.contains("does not know 'zebra'"), "\(run.messages)")
        #expect(run.messages.contains("91 tokens, more than the 64"), "\(run.messages)")
        #expect(run.messages.components(separatedBy: "warning").count == 3, "\(run.messages)")
    }

    @Test func keysWithoutEffectInABundleAreNamed() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            model: \(Shapes.model)
            text_tok_path: \(Shapes.folder)/text_tokenizer.json
            log_wandb: False
            image_size: 224
            activate_controlnet: True
            controlnet_id: x
            box_bins: 100
            """,
            "bundle.yaml")
        let run = await Command(
            "generate", folder.path, "--input", "caption=a cube", "--target", "det", "--max-tokens", "2", "-o", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        for expected in ["no effect: image_size, log_wandb\n", "activate_controlnet has no effect"] {
            #expect(run.messages.contains(expected), "\(run.messages)")
        }
    }

    @Test func settingsFilesSetWhatTheyCanAndNameTheRest() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "name: a\ncond_domains: caption\ntarget_domains: det\nautoregression_schemes: autoregressive\ntemps: 1\ntokens_per_target: 4",
            "base.yaml")
        try folder.write("data_path: parti_prompts\nnum_samples: 1\nnum_variations: 2\nseed: 9\ndtype: bfloat16\nmodel: x", "data.yaml")
        try folder.write("one\ntwo\n", "prompts.txt")
        let run = await Command(
            "generate", Shapes.folder, "--prompts", folder.file("prompts.txt"), "--settings", folder.file("base.yaml"), "--settings",
            folder.file("data.yaml"), "-o", folder.file("out"), "--json")
        #expect(run.code == 0, "\(run.messages)")
        let records = try run.json([[String: Any]].self)
        #expect(records.compactMap { $0["folder"] as? String } == ["0000/v0", "0000/v1"] && records[0]["seed"] as? Int == 9)
        for expected in [
            "no effect: name", "dtype (use --precision)", "data_path (use --input FOLDER or --prompts FILE)", "no effect here: model;",
        ] {
            #expect(run.messages.contains(expected), "\(run.messages)")
        }
        let sr = await Command(
            "generate", Shapes.folder, "--input", "caption=x", "--sr-settings", folder.file("base.yaml"), "-o", folder.file("out"))
        #expect(sr.code == 1 && sr.messages.contains("names no sr_target_domains"), "\(sr.messages)")
    }
}
