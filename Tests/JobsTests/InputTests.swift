import Foundation
import FourM
import Inspect
import Testing

@testable import Jobs

/// What is given to jobs: prompts, conditions, folders; and what they say of it.
@Suite struct InputTests {
    @Test func promptListsAreLinesOrTables() throws {
        let lines = try PromptList(text: "a cat\r\n\n  a dog \n", file: "p.txt", isTable: false)
        #expect(lines.prompts == ["a cat", "a dog"])
        let table = try PromptList(
            text: "Prompt\tCategory\tChallenge\tNote\r\na cat\tAnimals\tBasic\t\n\"a \"\"red\"\"\tdog\"\tAnimals\tColor\tan oddity",
            file: "p.tsv", isTable: true)
        #expect(table.prompts == ["a cat", "a \"red\"\tdog"])
        #expect(table.notes[0] == ["Category": "Animals", "Challenge": "Basic"])
        #expect(table.notes[1] == ["Category": "Animals", "Challenge": "Color", "Note": "an oddity"])
        for (text, expected) in [
            ("", "no column Prompt"), ("Text\na", "no column Prompt"), ("Prompt\tNote\n\tx", "row 2"), ("Prompt\n", "no prompt"),
        ] {
            let error = #expect(throws: WorkError.self) { try PromptList(text: text, file: "p.tsv", isTable: true) }
            #expect(error?.description.contains(expected) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test func conditionsHaveWeights() throws {
        let condition = try GenerateInputs.condition("-1.5:caption=a red cube: big = good")
        #expect(condition.weight == -1.5 && condition.modality == "caption" && condition.values == ["a red cube: big = good"])
        #expect(try GenerateInputs.condition("caption=2:3").weight == 1)
        #expect(try GenerateInputs.condition("caption=2:3").values == ["2:3"])
    }

    @Test func noTwoSamplesShareAFolder() throws {
        let folder = try Scratch()
        for name in ["0002-x.png", "x.jpg", "x.png"] { try folder.write("x", name) }
        #expect(try GenerateInputs(["rgb@224=" + folder.path]).folderNames == ["0002-x", "x", "0002-x_"])
        try folder.write("/\na cat\n", "prompts.txt")
        #expect(try GenerateInputs([], prompts: folder.file("prompts.txt")).folderNames == ["0000", "0001"])
    }

    @Test func foldersHoldWhatTheirModalityIsKeptIn() throws {
        let folder = try Scratch()
        for name in ["b.jpg", "a.png", "notes.txt", ".hidden.png"] { try folder.write("x", name) }
        let photos = try GenerateInputs(["rgb@224=" + folder.path])
        #expect(photos.values["rgb@224"] == ["a.png", "b.jpg"].map { folder.file($0) })
        #expect(photos.leftOut == ["\(folder.path): left out 1 hidden file, 1 file of another kind"])
        let texts = try GenerateInputs(["caption=" + folder.path])
        #expect(texts.values["caption"] == ["@" + folder.file("notes.txt")])
        let conditions = try GenerateInputs([], conditions: ["2:rgb@224=" + folder.path])
        #expect(conditions.conditions[0].values.count == 2 && conditions.leftOut.count == 1)
        let nothing = try Scratch()
        let empty = #expect(throws: WorkError.self) { try GenerateInputs(["rgb@224=" + nothing.path]) }
        #expect(empty?.cause == .content && empty?.description.contains("holds no file of 'rgb@224' (.png, .jpg") == true)
        #expect(empty?.description.hasSuffix("; it is empty") == true)
        try nothing.write("x", "notes.txt")
        let notes = #expect(throws: WorkError.self) { try GenerateInputs(["rgb@224=" + nothing.path]) }
        #expect(notes?.description.hasSuffix("; it holds 1 file of another kind") == true)
    }

    @Test func valuesCarryTheirModalityOn() throws {
        let inputs = try GenerateInputs(["rgb@224=a.jpg", "./b=c.jpg", "d.jpg", "caption=x", "y = z", "w"])
        #expect(inputs.values["rgb@224"] == ["a.jpg", "./b=c.jpg", "d.jpg"])
        #expect(inputs.values["caption"] == ["x", "y = z", "w"])
        #expect(throws: WorkError.self) { try GenerateInputs(["photo.jpg"]) }
    }

    @Test func filesOfSeveralFoldersArePairedByName() throws {
        let (photos, depths) = (try Scratch(), try Scratch())
        for name in ["a.png", "b.jpg", "d.png"] { try photos.write("x", name) }
        for name in ["b.png", "c.png", "d.png"] { try depths.write("x", name) }
        let inputs = try GenerateInputs(["rgb@224=" + photos.path, "tok_depth@224=" + depths.path])
        #expect(inputs.values["rgb@224"] == [photos.file("b.jpg"), photos.file("d.png")])
        #expect(inputs.values["tok_depth@224"] == [depths.file("b.png"), depths.file("d.png")])
        #expect(inputs.unpaired.map(\.inputs) == [["rgb@224": photos.file("a.png")], ["tok_depth@224": depths.file("c.png")]])
        #expect(inputs.unpaired.first?.error == "no file for 'tok_depth@224' is called 'a'")
        let guided = try GenerateInputs(["rgb@224=" + photos.path], conditions: ["2:tok_depth@224=" + depths.path])
        #expect(guided.conditions[0].values == [depths.file("b.png"), depths.file("d.png")] && guided.folderNames == ["b", "d"])
        try depths.write("x", "b.jpg")
        let twice = #expect(throws: WorkError.self) { try GenerateInputs(["rgb@224=" + photos.path, "tok_depth@224=" + depths.path]) }
        #expect(twice?.description.contains("are called 'b'") == true)
        let other = try Scratch()
        try other.write("x", "z.png")
        let strange = #expect(throws: WorkError.self) { try GenerateInputs(["rgb@224=" + photos.path, "tok_depth@224=" + other.path]) }
        #expect(strange?.description.contains("no name is common to all: 'a' for 'rgb@224', 'z' for 'tok_depth@224'") == true)
    }

    @Test func patternsStandForTheirFiles() throws {
        let folder = try Scratch()
        for name in ["1_rgb.png", "2_rgb.png", "1_depth.png", "2_depth.png", "c.txt"] { try folder.write("x", name) }
        let inputs = try GenerateInputs(["rgb@224=" + folder.file("*_rgb.png"), "tok_depth@224=" + folder.file("*_depth.png")])
        #expect(inputs.values["rgb@224"] == [folder.file("1_rgb.png"), folder.file("2_rgb.png")] && inputs.unpaired.isEmpty)
        // Notes beside pictures are no pictures, and no texts either.
        let all = try GenerateInputs(["rgb@224=" + folder.file("[12c]*")])
        #expect(all.values["rgb@224"]?.count == 4 && all.leftOut == ["\(folder.file("[12c]*")): left out 1 file of another kind"])
        #expect(try GenerateInputs(["rgb@224=" + folder.file("*.txt")]).values["rgb@224"] == [folder.file("c.txt")])
        #expect(try GenerateInputs(["caption=@" + folder.file("*.txt")]).values["caption"] == ["@" + folder.file("c.txt")])
        #expect(try GenerateInputs(["caption=is it a cube?"]).values["caption"] == ["is it a cube?"])
        let none = #expect(throws: WorkError.self) { try GenerateInputs(["rgb@224=" + folder.file("*.jpg")]) }
        #expect(none?.cause == .missing)
    }

    @Test func filesInPlaceOfTextsAreAskedAbout() throws {
        let folder = try Scratch()
        try folder.write("x", "photo.jpg")
        let photo = folder.file("photo.jpg")
        let error = #expect(throws: WorkError.self) { try GenerateInputs(["caption=" + photo]) }
        #expect(error?.cause == .request && error?.description.contains("write caption=@\(photo)") == true)
        #expect(error?.description.contains("--prompt \"\(photo)\"") == true)
        #expect(throws: WorkError.self) { try GenerateInputs([], conditions: ["2:caption=" + photo]) }
        let words = try GenerateInputs([], captions: [photo, "@" + photo])
        #expect(words.sources["caption"] == [.text(photo), .text("@" + photo)] && words.files == [])
        try folder.write("@a\nb", "p.txt")
        #expect(try GenerateInputs([], prompts: folder.file("p.txt")).sources["caption"] == [.text("@a"), .text("b")])
    }

    @Test func conditionsOfNoWeightAreRefused() {
        #expect(throws: WorkError.self) { try GenerateInputs.condition("0:caption=a") }
    }

    @Test func foldersOfOneFileNameTheirSample() throws {
        let folder = try Scratch()
        try folder.write("x", "a.png")
        #expect(try GenerateInputs(["rgb@224=" + folder.path]).folderNames == ["a"])
        #expect(try GenerateInputs(["rgb@224=" + folder.file("a.png")]).folderNames == [])
        try folder.write("a cat", "p.txt")
        #expect(try GenerateInputs(["rgb@224=" + folder.file("a.png")], prompts: folder.file("p.txt")).folderNames == ["0000"])
        var many = try GenerateInputs(["rgb@224=" + folder.file("a.png"), "rgb@224=" + folder.file("b.png")])
        many.limit(1)
        #expect(many.folderNames == ["a", "0001"] && many.values["rgb@224"]?.count == 1)
        #expect(try GenerateInputs([], conditions: ["2:rgb@224=" + folder.path]).folderNames.first == "a")
    }

    @Test func skippedInputsAreNamedAndCounted() {
        var messages: [String] = []
        var skipped = SkippedInputs()
        #expect(throws: Never.self) { try skipped.fail(of: 3) }
        for number in 0..<7 { skipped.add("\(number).png", number == 0 ? "x/0.png is no picture" : "no picture") }
        skipped.tell { messages.append($0) }
        #expect(messages.contains("skipped x/0.png is no picture") && messages.contains("skipped 4.png: no picture"))
        #expect(messages.last == "skipped 2 more" && skipped.summary == ", 7 skipped")
        let error = #expect(throws: WorkError.self) { try skipped.fail(of: 9) }
        #expect(error?.description == "7 of 9 inputs could not be used; the others are written")
    }
}

/// What runs leave in output folders, and who may write there.
@Suite struct ResultFolderTests {
    private func result(_ folder: String) -> String {
        """
        {"folder": "\(folder)", "contactSheet": "sheet.png", "given": [{"modality": "rgb@224", "picture": "rgb@224.given.png"}],
         "targets": [{"modality": "det", "files": {"text": "det.txt", "other": "../../keep.txt"}}]}
        """
    }

    /// Samples `a` and `b`, the second with two variations, and a file of somebody else.
    private func filled() throws -> Scratch {
        let scratch = try Scratch()
        for folder in ["a", "b/v0", "b/v1"] {
            try FileManager.default.createDirectory(atPath: scratch.file(folder), withIntermediateDirectories: true)
            try scratch.write(result(folder), folder + "/result.json")
            for name in ["det.txt", "sheet.png", "rgb@224.given.png"] { try scratch.write("x", folder + "/" + name) }
        }
        for name in ["sheet.png", "skipped.json", "b/sheet.png", "keep.txt", "a/keep.txt"] { try scratch.write("x", name) }
        return scratch
    }

    @Test func resultsOfAnotherRunAreNotMixedWith() throws {
        let scratch = try filled()
        let found = EarlierResults(in: URL(fileURLWithPath: scratch.path))
        #expect(found.samples == ["a", "b/v0", "b/v1"])
        let error = #expect(throws: WorkError.self) { try found.check(["c"], resumes: false) }
        #expect(error?.cause == .content && error?.description.contains("3 results of an earlier run; give --resume") == true)
        #expect(throws: Never.self) { try found.check(["a", "b/v0", "b/v1", "c"], resumes: true) }
        for wanted in [[""], ["a/v0"], ["b"], ["a", "b/v0", "c"], ["c", "d"]] {
            #expect(throws: WorkError.self) { try found.check(wanted, resumes: true) }
        }
    }

    @Test func overwritingRemovesWhatResultsNameAndNothingElse() throws {
        let scratch = try filled()
        try EarlierResults(in: URL(fileURLWithPath: scratch.path)).remove()
        let rest = try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted()
        #expect(rest == ["a", "a/keep.txt", "keep.txt"])
        #expect(EarlierResults(in: URL(fileURLWithPath: scratch.path)).samples == [])
    }

    /// A record may come from elsewhere: of what it names, only files go.
    @Test func foldersThatAResultNamesStay() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.file("photos"), withIntermediateDirectories: true)
        try scratch.write("x", "photos/a.png")
        try scratch.write("x", "real.json")
        let record = #"{"targets": [{"modality": "det", "files": {"x": "photos", "y": "."}}], "contactSheet": ".."}"#
        try scratch.write(record, "target.json")
        symlink("target.json", scratch.file("result.json"))
        try EarlierResults(in: URL(fileURLWithPath: scratch.path)).remove()
        let rest = try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted()
        #expect(rest == ["photos", "photos/a.png", "real.json", "result.json", "target.json"])
        #expect(try String(contentsOfFile: scratch.file("target.json"), encoding: .utf8).isEmpty)
    }

    @Test func whatAKilledRunWroteIsKnown() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.file("a"), withIntermediateDirectories: true)
        try SampleMark.begin(["det.txt", "rgb.png", "sheet.png"], in: scratch.file("a"))
        for name in ["det.txt", "keep.txt"] { try scratch.write("x", "a/" + name) }
        let found = EarlierResults(in: URL(fileURLWithPath: scratch.path))
        #expect(found.samples == ["a"])
        #expect(throws: WorkError.self) { try found.check(["a"], resumes: false) }
        #expect(throws: Never.self) { try found.check(["a", "b"], resumes: true) }
        // Another run of the sample, with other targets.
        try SampleMark.begin(["depth.png"], in: scratch.file("a"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("a")).sorted() == ["keep.txt", SampleMark.name])
        try EarlierResults(in: URL(fileURLWithPath: scratch.path)).remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("a")) == ["keep.txt"])
    }

    @Test func aFolderOfRunsIsNoResult() throws {
        let scratch = try Scratch()
        try FileManager.default.createDirectory(atPath: scratch.file("run"), withIntermediateDirectories: true)
        try scratch.write(result(""), "run/result.json")
        #expect(EarlierResults(in: URL(fileURLWithPath: scratch.path)).samples == [])
    }

    @Test func oneRunAtATimeWritesToAFolder() throws {
        let scratch = try Scratch()
        let first = try ResultFolder(scratch.file("a/b"))
        let error = #expect(throws: WorkError.self) { try ResultFolder(scratch.file("a/b")) }
        #expect(error?.description.contains("another run writes to \(scratch.file("a/b"))") == true)
        withExtendedLifetime(first) {}
    }

    @Test func foldersWithoutResultsGoAgain() throws {
        let scratch = try Scratch()
        do { _ = try ResultFolder(scratch.file("a/b")) }
        #expect(!FileManager.default.fileExists(atPath: scratch.file("a")))
        do {
            let used = try ResultFolder(scratch.file("c/d"))
            try scratch.write("x", "c/d/e")
            withExtendedLifetime(used) {}
        }
        do { _ = try ResultFolder(scratch.path) }
        #expect(FileManager.default.fileExists(atPath: scratch.file("c/d/e")))
    }
}

/// A folder that is removed when the object goes.
private final class Scratch {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-jobs-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }
}
