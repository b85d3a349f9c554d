import Formats
import Foundation
import IR
import Media
import TestSupport
import Testing

@testable import CLI

/// The demo bundle of the project.
enum Shapes {
    static let folder = DemoBundle.folder

    static let model = folder + "/fm.safetensors"

    static func image(_ name: String) -> String { DemoBundle.image(name) }
}

@Suite struct GenerateTests {
    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    @Test func writesEveryFormOfEachTargetAndSaysSo() async throws {
        let out = try TemporaryFolder()
        let run = await Command(
            "generate", Shapes.folder, "--input", "rgb@224=" + Shapes.image("007_rgb.png"), "--temperature", "0", "--cfg", "1",
            "--independent", "-o", out.path, "--json")
        #expect(run.code == 0, "\(run.messages)")
        let record = try #require(run.json([[String: Any]].self).first)
        let targets = try #require(record["targets"] as? [[String: Any]])
        #expect(
            targets.compactMap { $0["modality"] as? String } == ["tok_depth@224", "tok_normal@224", "tok_semseg@224", "caption", "det"])
        for target in targets {
            let files = try #require(target["files"] as? [String: String])
            for file in files.values { #expect(exists(out.file(file)), "\(file)") }
        }
        #expect(targets[3]["text"] as? String == "a large red sphere on a grey floor")
        // The official code's box, v0=23 v1=20 v2=57 v3=53 of 100 bins.
        let boxes = try #require(targets[4]["boxes"] as? [[String: Any]])
        #expect(boxes.map { $0["label"] as? String } == ["sphere"])
        for (key, bin) in [("xmin", 23.0), ("ymin", 20), ("xmax", 57), ("ymax", 53)] {
            #expect(abs(try #require(boxes.first?[key] as? Double) - bin / 99) < 1e-12, "\(key)")
        }
        #expect(try NumpyFile.read(out.file("tok_depth@224.npy")).shape == [224, 224])
        #expect(try ImageFile.loadGray16(path: out.file("tok_depth@224.16bit.png")).width == 224)
        #expect(Set(try ImageFile.loadLabels(path: out.file("tok_semseg@224.labels.png")).samples).isSubset(of: Set(0...5)))
        #expect(exists(out.file("sheet.png")) && exists(out.file("result.json")))
    }

    @Test func samplesOfOneNameKeepTheirOwnFolders() async throws {
        let folder = try TemporaryFolder()
        for (index, name) in ["one", "two"].enumerated() {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Shapes.image("00\(index)_rgb.png"), toPath: folder.file(name + "/a.png"))
        }
        let run = await Command(
            "generate", Shapes.folder, "--input", "rgb@224=" + folder.file("one"), "--input", "rgb@224=" + folder.file("two"), "--target",
            "caption", "--temperature", "0", "-o", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        #expect(exists(folder.file("out/a/caption.txt")) && exists(folder.file("out/0001-a/caption.txt")))
    }

    @Test(arguments: [
        (["--input", "sound=x.wav"], 2, "does not take 'sound'"), (["--input", "rgb@224=/nowhere.png"], 1, "/nowhere.png"),
        (["--input", "rgb@224="], 2, "'rgb@224' was given no file"),
        (["--input", "caption=x", "--target", "depht"], 2, "cannot generate 'depht'; did you mean"),
        (["--input", "caption=x", "--target", "caption"], 2, "both given and a target"),
        (["--input", "caption=x", "--settings", "/nowhere.yaml"], 1, "/nowhere.yaml"),
    ])
    func failuresNameTheThing(arguments: [String], expectedCode: Int32, expected: String) async throws {
        let out = try TemporaryFolder()
        let capture = Output.Capture()
        let code = await Output.$capture.withValue(capture) { await Program.run(["generate", Shapes.folder, "-o", out.path] + arguments) }
        #expect(code == expectedCode)
        #expect(capture.messages.contains(expected), "\(capture.messages)")
    }

    @Test(arguments: [
        ["--input", "photo.jpg"], ["--temperature", "-1"], ["--top-p", "2"], ["--scheme", "beam"], ["--steps", "0"], ["--top-k", "x"],
        ["--diffusion-scheduler", "euler"], ["--scheme", "autoregressive"],
        ["--diffusion-scheduler", "ddpm", "--diffusion-timesteps", "trailing"], ["--target", "caption", "--target", "caption"],
    ])
    func wrongFlagsAreCodeTwo(arguments: [String]) async throws {
        let out = try TemporaryFolder()
        let capture = Output.Capture()
        let code = await Output.$capture.withValue(capture) { await Program.run(["generate", Shapes.folder, "-o", out.path] + arguments) }
        #expect(code == 2, "\(capture.messages)")
    }

    /// What no target can use is refused, not passed over.
    @Test(arguments: [
        (["--target", "caption", "--scheme", "roar"], "--scheme is for image-like targets"),
        (["--target", "det", "--steps", "3"], "--steps is for image-like targets"),
        (["--target", "tok_depth@224", "--max-tokens", "3"], "--max-tokens is for texts"),
        (["--target", "tok_depth@224", "--diffusion-steps", "3"], "--diffusion-steps is for diffusion decoders"),
        (["--target", "tok_depth@224", "--target", "tok_rgb@224", "--preview", "--diffusion-steps", "3"], "--diffusion-steps is for"),
        (["--target", "tok_rgb@224", "--diffusion-timesteps", "trailing"], "ddpm knows leading timesteps only"),
        (["--target", "tok_depth@224", "--steps", "500"], "--steps must be at most 196"),
        (["--target", "det", "--max-tokens", "500"], "--max-tokens must be at most 66"),
        (["--target", "tok_depth@224,caption", "--preview"], "has no preview decoder for 'tok_depth@224', 'caption'; it has: tok_rgb"),
        (["--target", "caption", "--no-sr"], "--no-sr: bundle 'shapes' names no sr_model"),
        (["--target", "caption", "--sam-passes", "2"], "--sam-passes is for the target sam_instance"),
        (["--target", "caption", "--temperature", "0", "--top-p", "0.5"], "--top-p has no effect with --temperature 0"),
        (["--target", "det", "--condition", "2:caption=a", "--finished-weight", "2"], "--finished-weight has no effect with one target"),
        (["--target", "caption", "--input", "det=x", "--mask", "det=x.npy"], "a mask of 'det'"),
    ])
    func optionsWithoutEffectAreCodeTwo(arguments: [String], expected: String) async throws {
        let out = try TemporaryFolder()
        let run = await Command(
            ["generate", Shapes.folder, "--input", "rgb@224=" + Shapes.image("000_rgb.png"), "-o", out.path] + arguments)
        #expect(run.code == 2 && run.messages.contains(expected), "\(run.messages)")
        #expect(!run.messages.contains("generating"), "\(run.messages)")
    }

    @Test func hiddenTokensAreGeneratedAndTheOthersStay() async throws {
        let folder = try TemporaryFolder()
        let photo = Shapes.image("003_rgb.png")
        let tokenized = await Command("tokenize", Shapes.folder, "--modality", "rgb", photo, "-o", folder.file("given.npy"))
        #expect(tokenized.code == 0, "\(tokenized.messages)")
        var hole = try ByteImage(width: 224, height: 224, channels: 1, filledWith: 0)
        hole.fill(PixelRect(x: 64, y: 64, width: 48, height: 32), .white)
        try hole.writePNG(to: folder.file("hole.png"))
        let run = await Command(
            "generate", Shapes.folder, "--input", "tok_rgb@224=" + photo, "--mask", "tok_rgb@224=" + folder.file("hole.png"), "--target",
            "tok_rgb@224", "--temperature", "0", "--steps", "2", "--preview", "-o", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        let given = try NumpyFile.read(folder.file("given.npy")).integers
        let filled = try NumpyFile.read(folder.file("out/tok_rgb@224.tokens.npy")).integers
        let hidden = Set([4, 5].flatMap { row in (4...6).map { row * 14 + $0 } })
        #expect(filled.count == 196)
        for index in given.indices where !hidden.contains(index) { #expect(given[index] == filled[index]) }
        for (mask, expected) in [("tok_depth@224=x.png", "not an --input"), ("tok_rgb@224=/nowhere.png", "/nowhere.png")] {
            let bad = await Command(
                "generate", Shapes.folder, "--input", "tok_rgb@224=" + photo, "--mask", mask, "-o", folder.file("bad"))
            #expect(bad.code != 0 && bad.messages.contains(expected), "\(bad.messages)")
        }
    }

    @Test func boxesComeAndGoAsJSON() async throws {
        let folder = try TemporaryFolder()
        try folder.write(#"[{"xmin": 0.2, "ymin": 0.3, "xmax": 0.6, "ymax": 0.8, "class": "sphere"}]"#, "boxes.json")
        let run = await Command(
            "generate", Shapes.folder, "--input", "det=@" + folder.file("boxes.json"), "--target", "caption", "--temperature", "0", "-o",
            folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
        for (value, expected) in [
            (#"{"boxs": []}"#, "'boxs'; did you mean boxes?"), (folder.file("none.json"), "none.json: cannot be opened"),
            (#"[{"box": [0, 0, 1, 1], "class": "spheer"}]"#, "'spheer'; did you mean sphere?"),
        ] {
            let wrong = await Command(
                "generate", Shapes.folder, "--input", "det=" + value, "--target", "caption", "--overwrite", "-o", folder.file("out"))
            #expect(wrong.code == 1 && wrong.messages.contains(expected), "\(wrong.messages)")
        }
        let caption = await Command(
            "generate", Shapes.folder, "--input", #"caption={"captoin": "a cube"}"#, "--target", "det", "-o", folder.file("caption"))
        #expect(caption.code == 1 && caption.messages.contains("caption's JSON"), "\(caption.messages)")
        let file = await Command(
            "generate", Shapes.folder, "--input", "det=" + folder.file("boxes.json"), "--target", "caption", "--temperature", "0", "-o",
            folder.file("same"))
        #expect(file.code == 0, "\(file.messages)")
        #expect(try ["out", "same"].map { try String(contentsOfFile: folder.file($0 + "/caption.txt"), encoding: .utf8) }.count == 2)
        try folder.write("[{", "broken.json")
        let bad = await Command(
            "generate", Shapes.folder, "--input", "det=@" + folder.file("broken.json"), "--target", "caption", "-o", folder.file("broken"))
        #expect(bad.code == 1 && bad.messages.contains("broken.json") && bad.messages.contains("JSON"), "\(bad.messages)")
    }

    @Test func bundlesWithFaultsNameFileAndKey() async throws {
        let folder = try TemporaryFolder()
        for (text, expected) in [
            ("model: [a]", "'model' must be a single value"), ("modle: fm.safetensors", "unknown key 'modle'"),
            ("name: x", "names no model"),
            ("model: a\ntokenizers:\n  tok_norml: b", "'tok_norml'"), ("model: a\nbox_bins: many", "box_bins"),
            ("model: 'a", "no valid YAML"),
            ("model: missing.safetensors", "missing.safetensors"),
        ] {
            try folder.write(text, "bundle.yaml")
            let run = await Command("generate", folder.path, "--input", "caption=x", "-o", folder.file("out"))
            #expect(run.code == 1)
            #expect(run.messages.contains(expected), "\(text): \(run.messages)")
        }
    }

    @Test func tokensGoThereAndBack() async throws {
        let folder = try TemporaryFolder()
        for modality in ["rgb", "depth", "normal", "semseg"] {
            let (tokens, picture) = (folder.file("\(modality).npy"), folder.file("\(modality).png"))
            let there = await Command(
                "tokenize", Shapes.folder, "--modality", modality, Shapes.image("002_\(modality).png"), "-o", tokens)
            #expect(there.code == 0, "\(there.messages)")
            #expect(try NumpyFile.read(tokens).shape == [1, 14, 14])
            let back = await Command("detokenize", Shapes.folder, "--modality", modality, tokens, "-o", picture, "--preview")
            #expect(back.code == 0, "\(back.messages)")
            #expect(try ImageFile.load(path: picture).width == 224)
        }
        try NumpyFile.write(Tensor(integers: [5000], [1, 1]), to: folder.file("bad.npy"))
        let bad = await Command("detokenize", Shapes.folder, "--modality", "depth", folder.file("bad.npy"), "-o", folder.file("bad.png"))
        #expect(bad.code == 1 && bad.messages.contains("5000") && !exists(folder.file("bad.png")))
    }
}
