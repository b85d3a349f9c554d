import Foundation
import FourM
import Inspect
import Jobs
import Testing

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

/// A folder that is removed when the object goes.
private final class Scratch {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-jobs-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: file(name))) }
}
