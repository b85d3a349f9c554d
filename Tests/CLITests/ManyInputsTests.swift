import Foundation
import Testing

@testable import CLI

/// `tokenize` of many inputs, random inputs of `run`, and sizes.
@Suite struct ManyInputsTests {
    /// One broken picture costs its own row only.
    @Test func tokenizeTakesFoldersAndSkipsWhatIsBroken() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        for (name, copy) in [("000_rgb.png", "in/b.png"), ("007_rgb.png", "in/a.png")] {
            try FileManager.default.copyItem(atPath: Shapes.image(name), toPath: folder.file(copy))
        }
        try folder.write("no picture", "in/c.png")
        try folder.write("a note", "in/notes.txt")
        let out = folder.file("t.npy")
        let run = await Command("tokenize", Shapes.folder, "--modality", "rgb", folder.file("in"), "-o", out, "--json")
        #expect(run.code == 1 && run.messages.contains("left out 1 file of another kind"), "\(run.messages)")
        #expect(run.messages.contains("1 of 3 inputs could not be used"))
        let json = try run.json()
        #expect(json["files"] as? [String] == [folder.file("in/a.png"), folder.file("in/b.png")])
        #expect(json["skipped"] as? [String] == [folder.file("in/c.png")] && json["shape"] as? [Int] == [2, 14, 14])
        let alone = await Command("tokenize", Shapes.folder, "--modality", "rgb", folder.file("in/[c].png"), "-o", folder.file("c.npy"))
        #expect(alone.code == 1 && !FileManager.default.fileExists(atPath: folder.file("c.npy")), "\(alone.messages)")
    }

    @Test func randomInputsFollowSeedAndBounds() async throws {
        let folder = try TemporaryFolder()
        func run(_ seed: String, _ name: String) async -> Command {
            await Command(
                "run", Shapes.model, "--function", "embed_decoder_ids.caption", "--random", "--seed", seed, "--bind", "n=3", "--outputs",
                folder.file(name), "--json")
        }
        let one = await run("1", "one")
        #expect(one.code == 0 && one.messages.contains("ids: i64[1, 3], whole numbers from 0 to 614"), "\(one.messages)")
        #expect((try one.json()["randomInputs"] as? [String: String])?.keys.sorted() == ["ids", "positions"])
        for (seed, name) in [("1", "same"), ("2", "other")] { #expect(await run(seed, name).code == 0) }
        func bytes(_ name: String) -> Data? { FileManager.default.contents(atPath: folder.file(name + "/y.npy")) }
        #expect(bytes("one") != nil && bytes("one") == bytes("same") && bytes("one") != bytes("other"))
    }

    /// Files have the sizes that they have; a `--bind` that says otherwise is at fault.
    @Test func sizesOfInputsWinOverBindings() async throws {
        let folder = try TemporaryFolder()
        let made = await Command(
            "run", Shapes.model, "--function", "embed_decoder_ids.caption", "--random", "--bind", "n=3", "--outputs", folder.file("in"))
        #expect(made.code == 0, "\(made.messages)")
        let run = await Command(
            "run", Shapes.model, "--function", "logits.caption", "--inputs", folder.file("in/y.npy"), "--bind", "n=4", "--outputs",
            folder.file("out"))
        #expect(run.code == 2 && run.messages.contains("--bind n=4: the inputs in") && run.messages.contains("n=3"), "\(run.messages)")
    }

    @Test func precisionShowsTheQuantizedProgram() async throws {
        let text = await Command(
            "inspect", Shapes.model, "--ir", "--function", "encode", "--stage", "clean", "--precision", "int8")
        // Weights are of half range where the machine multiplies those faster.
        let isThere = ["#i8.scale\")", "#i8(half).scale\")"].contains { text.output.contains($0) }
        #expect(text.code == 0 && text.output.contains("{per_row: true}") && isThere, "\(text.messages)")
    }
}
