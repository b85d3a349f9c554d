import Foundation
import FourM
import Testing

@testable import CLI

/// Captions, alone and beside pictures, as what `--calibrate` and `--data` name.
@Suite struct CaptionDataTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("photos"), withIntermediateDirectories: true)
        for (image, name) in [("000_rgb.png", "a.png"), ("001_rgb.png", "b.png")] {
            try FileManager.default.copyItem(atPath: Shapes.image(image), toPath: folder.file("photos/\(name)"))
        }
        try folder.write("a red cube\r\n\r\n  a small cube  \r\n", "photos/a.txt")
        try folder.write("\u{FEFF}a blue sphere\na green cone behind a red cube\n\na yellow cube", "captions.txt")
        try folder.write(" \n\n", "empty.txt")
        try Data([0x61, 0xFF, 0xFE, 0x0A]).write(to: URL(fileURLWithPath: folder.file("latin.txt")))
    }

    private func words(_ samples: [ModelSample]) -> [String] {
        samples.map { sample in
            let caption = if case .text(let text)? = sample.caption { text } else { "" }
            return (sample.picture == nil ? "" : (sample.name as NSString).lastPathComponent + " ") + caption
        }
    }

    @Test func filesAreReadByTheirNames() throws {
        let all = try SampleFiles([folder.file("photos"), folder.file("captions.txt")]).all
        #expect(
            words(all) == [
                "a.png a red cube", "a.png a small cube", "b.png ", "a blue sphere", "a green cone behind a red cube", "a yellow cube",
            ])
        #expect(all.last?.name == folder.file("captions.txt:4"))
        #expect(ModelSample.count(all) == "3 pictures, 2 of them with a caption, and 3 captions")
        // A pattern takes what it says, a folder's texts may stand alone.
        #expect(try words(SampleFiles([folder.file("photos/*.png")]).all) == ["a.png ", "b.png "])
        try folder.write("a cone", "photos/others.txt")
        #expect(try words(SampleFiles([folder.file("photos")]).all).last == "a cone")
        #expect(SampleFiles.isNamed(by: folder.file("captions.txt")) && SampleFiles.isNamed(by: folder.file("photos")))
        #expect(!SampleFiles.isNamed(by: folder.file("none")))
    }

    @Test func bothKindsHaveTheirShare() {
        func all(_ pictures: Int, _ captions: Int) -> [ModelSample] {
            (0..<pictures).map { ModelSample(picture: .file("p"), name: "p\($0)") }
                + (0..<captions).map { ModelSample(caption: .text("c"), name: "c\($0)") }
        }
        func names(_ pictures: Int, _ captions: Int, _ most: Int) -> String {
            SampleFiles.spread(all(pictures, captions), most: most).map(\.name).joined(separator: " ")
        }
        #expect(names(2, 100, 4) == "p0 c0 p1 c50")
        #expect(names(100, 1, 4) == "p0 p33 c0 p66")
        #expect(names(0, 10, 2) == "c0 c5" && names(10, 0, 2) == "p0 p5")
        #expect(names(5, 5, 1) == "p0" && names(1, 2, .max) == "c0 p0 c1")
    }

    /// A bundle that starts from captions is calibrated with nothing else.
    @Test func captionsDecideHowWeightsAreRounded() async throws {
        let captions = folder.file("captions.txt")
        let run = await Command(
            "compile", Shapes.folder, "-o", folder.file("b"), "--keep", "caption->tok_rgb", "--precision", "int4", "--calibrate", captions,
            "--json")
        try #require(run.code == 0, "\(run.messages)")
        let files = try #require(try run.json()["files"] as? [[String: Any]])
        #expect(files.count == 3)
        for file in files {
            let layers = try #require(file["rounded"] as? [[String: Any]])
            #expect(layers.count > 10 && layers.allSatisfy { ($0["calls"] as? Int ?? 0) > 0 }, "\(layers)")
        }
        let inspect = await Command("inspect", folder.file("b/fm.tess"))
        #expect(inspect.output.contains("--calibrate captions.txt --samples 64"), "\(inspect.output)")
        func logits(_ more: String...) async throws -> Double {
            let run = await Command(["evaluate", Shapes.folder] + more + ["--data", captions, "--target", "tok_rgb@224", "--json"])
            try #require(run.code == 0, "\(run.messages)")
            let targets = try #require(try run.json()["targets"] as? [[String: Any]])
            #expect(targets.count == 1 && targets[0]["target"] as? String == "tok_rgb@224" && targets[0]["samples"] as? Int == 3)
            return try #require(targets[0]["logitsSQNR"] as? Double)
        }
        let (calibrated, nearest) = (try await logits(folder.file("b")), try await logits("--precision", "int4"))
        #expect(calibrated > nearest + 1, "\(calibrated) \(nearest)")
    }

    @Test func bothTogether() async throws {
        let places = ["--calibrate", folder.file("photos"), "--calibrate", folder.file("captions.txt"), "--samples", "4"]
        let run = await Command(["compile", Shapes.folder, "-o", folder.file("b"), "--precision", "int8"] + places)
        try #require(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("looking at 2 pictures with captions, and 2 captions"), "\(run.messages)")
        let data = ["--data", folder.file("photos"), "--data", folder.file("captions.txt")]
        let told = await Command(["evaluate", Shapes.folder, folder.file("b"), "--target", "caption", "--target", "depth"] + data)
        try #require(told.code == 0, "\(told.messages)")
        #expect(told.output.contains("3 pictures, 2 of them with a caption, and 3 captions") && !told.output.contains("reconstruction"))
        // A model without a text tokenizer takes the pictures alone.
        let lone = await Command(
            "evaluate", Shapes.model, "--precision", "int8", "--target", "depth", "--data", folder.file("photos"), "--json")
        try #require(lone.code == 0, "\(lone.messages)")
        #expect(lone.messages.contains("captions are left out: captions need a text tokenizer"), "\(lone.messages)")
    }

    /// A tokenizer alone, whose name tells what it is for.
    @Test func picturesOfATokenizer() async throws {
        let run = await Command(
            "compile", Shapes.folder + "/tok_depth.safetensors", "-o", folder.file("t.tess"), "--precision", "int4", "--calibrate",
            Shapes.folder + "/images/*_depth.png", "--samples", "2", "--json")
        try #require(run.code == 0, "\(run.messages)")
        let files = try #require(try run.json()["files"] as? [[String: Any]])
        let layers = try #require(files.first?["rounded"] as? [[String: Any]])
        #expect(layers.count > 10 && layers.allSatisfy { $0["calls"] as? Int == 2 }, "\(layers)")
    }

    @Test func wrongDataAreNamed() async throws {
        let (empty, latin, captions) = (folder.file("empty.txt"), folder.file("latin.txt"), folder.file("captions.txt"))
        let compile = ["compile", Shapes.folder, "-o", folder.file("x"), "--precision", "int8"]
        let evaluate = ["evaluate", Shapes.folder, "--precision", "int8"]
        let calls: [([String], Int32, String)] = [
            (compile + ["--calibrate", empty], 1, "--calibrate \(empty) holds no caption; give a .txt with a caption a line"),
            (compile + ["--calibrate", latin], 1, "--calibrate \(latin): is no text in UTF-8"),
            (compile + ["--calibrate", folder.file("none.txt")], 1, "--calibrate \(folder.file("none.txt")) does not exist"),
            (compile + ["--calibrate", folder.file("*.gif")], 1, "*.gif: no picture and no .txt matches this pattern"),
            (evaluate + ["--data", folder.file("none")], 1, "--data \(folder.file("none")) does not exist"),
            (evaluate + ["--data", empty], 1, "--data \(empty) holds no caption"),
            (evaluate + ["--data", captions, "--target", "sound"], 2, "cannot generate 'sound'"),
            (evaluate + ["--data", captions, "--target", "caption"], 2, "'caption' is given in all samples"),
            (["evaluate", Shapes.model, "--precision", "int8", "--data", captions], 1, "--data: captions need a text tokenizer"),
            (
                [
                    "compile", Shapes.folder + "/tok_depth.safetensors", "-o", folder.file("t.tess"), "--precision", "int8", "--calibrate",
                    captions,
                ], 2,
                "takes pictures, not captions"
            ),
        ]
        for (call, code, words) in calls {
            let run = await Command(call)
            #expect(run.code == code && run.messages.contains(words), "\(call): \(run.code) \(run.messages)")
            #expect(!run.messages.contains("loading"), "found out before models are loaded")
        }
    }
}
