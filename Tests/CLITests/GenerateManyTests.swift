import Formats
import Foundation
import Media
import TestSupport
import Testing

@testable import CLI

/// Prompts, variations, resumption and faults of `generate`.
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
}
