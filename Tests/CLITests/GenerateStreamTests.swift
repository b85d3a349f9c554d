import Formats
import Foundation
import Media
import TestSupport
import Testing

@testable import CLI

/// Streams, weighted conditions, captions with gaps and settings files of `generate`.
@Suite struct GenerateStreamTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

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
