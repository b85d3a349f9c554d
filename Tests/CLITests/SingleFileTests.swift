import Foundation
import TestSupport
import Testing

@testable import CLI

/// `compile --single-file`, and the commands that take what it writes in place of a bundle's folder.
@Suite struct SingleFileTests {
    private let folder: TemporaryFolder
    private let photo = "rgb@224=\(Shapes.image("002_rgb.png"))"

    init() throws { folder = try TemporaryFolder() }

    private func compile(_ more: [String]) async throws {
        let run = await Command(["compile"] + more)
        try #require(run.code == 0, "\(run.messages)")
    }

    private func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: folder.file(name))) }

    /// Both forms of the bundle, with what a run needs.
    private func both(_ more: String...) async throws -> (file: String, folder: String) {
        try await compile([Shapes.folder, "--single-file", "-o", folder.file("s.tess")] + more)
        try await compile([Shapes.folder, "-o", folder.file("s")] + more)
        return (folder.file("s.tess"), folder.file("s"))
    }

    /// Files that both calls wrote, their bytes compared.
    private func expectSame(_ a: String, _ b: String, _ names: [String]) throws {
        for name in names { #expect(try bytes("\(a)/\(name)") == bytes("\(b)/\(name)"), "\(name)") }
    }

    @Test func generatesAsTheFolder() async throws {
        let (file, whole) = try await both("--precision", "int8")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["s", "s.tess"], "nothing else stays")
        for (bundle, name) in [(file, "a"), (whole, "b")] {
            let run = await Command(
                "generate", bundle, "--input", photo, "--target", "tok_depth,caption", "--seed", "3", "-o", folder.file(name))
            #expect(run.code == 0, "\(run.messages)")
        }
        try expectSame("a", "b", ["caption.txt", "caption.tokens.npy"])
        try expectSame("a", "b", ["tok_depth@224.tokens.npy", "tok_depth@224.npy", "tok_depth@224.png"])
    }

    @Test func otherCommandsTakeItToo() async throws {
        let (file, whole) = try await both("--keep", "rgb,tok_rgb->tok_depth,tok_rgb,caption")
        let image = Shapes.image("003_rgb.png")
        for (bundle, name) in [(file, "a"), (whole, "b")] {
            let calls = [
                ["tokenize", bundle, "--modality", "rgb", image, "-o", folder.file(name + "-tokens.npy")],
                [
                    "detokenize", bundle, "--modality", "rgb", folder.file(name + "-tokens.npy"), "--diffusion-steps", "2", "-o",
                    folder.file(name + "-back.png"),
                ],
                ["features", bundle, image, "-o", folder.file(name + "-features.npy")],
                ["bench", bundle, "--runs", "1", "--warmup", "1", "--json"],
            ]
            for call in calls {
                let run = await Command(call)
                #expect(run.code == 0, "\(call): \(run.messages)")
            }
        }
        for suffix in ["-tokens.npy", "-back.png", "-features.npy"] { #expect(try bytes("a" + suffix) == bytes("b" + suffix), "\(suffix)") }
        let same = await Command("evaluate", whole, file, "--data", image, "--target", "depth", "--json")
        #expect(
            same.code == 0 && same.output.contains("\"equalTokens\":1") || same.output.contains("\"equalTokens\" : 1"), "\(same.output)")
    }

    /// An index made with the folder is one of the file as well.
    @Test func searchesAnIndexOfTheFolder() async throws {
        let (file, whole) = try await both("--keep", "rgb->caption")
        let index = folder.file("index.safetensors")
        let photos = folder.file("photos")
        try FileManager.default.createDirectory(atPath: photos, withIntermediateDirectories: true)
        for name in ["000_rgb.png", "001_rgb.png"] {
            try FileManager.default.copyItem(atPath: Shapes.image(name), toPath: "\(photos)/\(name)")
        }
        let embed = await Command("embed", whole, photos, "--features", "-o", index)
        try #require(embed.code == 0, "\(embed.messages)")
        let search = await Command("search", file, index, "--input", "rgb@224=\(Shapes.image("001_rgb.png"))", "--json")
        #expect(search.code == 0 && !search.messages.contains("was made with"), "\(search.messages)")
    }

    /// The photos of a demo lie beside the file.
    @Test func demoTakesIt() async throws {
        try await compile([Shapes.folder, "--single-file", "--precision", "int8", "-o", folder.file("s.tess")])
        let call = ["demo", "--bundle", folder.file("s.tess"), "--photos", "1", "-o", folder.file("demo")]
        let missing = await Command(call)
        #expect(missing.code == 1 && missing.messages.contains("/images holds no *_rgb.png"), "\(missing.messages)")
        try FileManager.default.createDirectory(atPath: folder.file("images"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: Shapes.image("000_rgb.png"), toPath: folder.file("images/000_rgb.png"))
        let run = await Command(call)
        #expect(run.code == 0 && run.output.contains("contact sheet"), "\(run.messages)")
    }

    @Test func inspectSaysWhatIsInIt() async throws {
        try await compile([Shapes.folder, "--single-file", "--keep", "rgb->caption", "--target", "avx2", "-o", folder.file("s.tess")])
        let file = folder.file("s.tess")
        let run = await Command("inspect", file, "--verify")
        #expect(run.code == 0 && run.messages.contains("all checksums fit"), "\(run.messages)")
        for words in ["file    \(file)", "format 2, f32 for avx2, with --keep rgb->caption", "fm.tess", "text_tokenizer.json", "Caption"] {
            #expect(run.output.contains(words), "\(words): \(run.output)")
        }
        let json = try await Command("inspect", file, "--json").json()
        let parts = try #require(json["parts"] as? [[String: Any]])
        #expect((parts.first?["compiled"] as? [String: Any])?["target"] as? String == "avx2" && json["format"] as? Int == 2)
        // One of its models.
        let model = await Command("inspect", file + "/fm.tess")
        #expect(model.code == 0 && model.output.contains("left out, since nothing kept reaches them"), "\(model.messages)")
        let single = await Command(
            "run", file + "/fm.tess", "--function", "encode", "--random", "--bind", "tokens=3", "--outputs", folder.file("o"))
        #expect(single.code == 0, "\(single.messages)")
    }

    @Test func damageIsFound() async throws {
        try await compile([Shapes.folder, "--single-file", "--keep", "rgb->caption", "-o", folder.file("s.tess")])
        let whole = try bytes("s.tess")
        var damaged = whole
        damaged[damaged.count - 70] ^= 1
        try damaged.write(to: URL(fileURLWithPath: folder.file("d.tess")))
        try whole.prefix(whole.count / 2).write(to: URL(fileURLWithPath: folder.file("cut.tess")))
        let calls: [([String], Int32, String)] = [
            (["inspect", folder.file("d.tess"), "--verify"], 1, "are damaged"),
            (["inspect", folder.file("cut.tess")], 1, "download or copy it again"),
            (["generate", folder.file("cut.tess"), "--prompt", "x", "-o", folder.file("o")], 1, "copy it again"),
        ]
        for (call, code, words) in calls {
            let run = await Command(call)
            #expect(run.code == code && run.messages.contains(words), "\(call): \(run.code) \(run.messages)")
        }
    }

    /// Folders and files of compiled models are put into one file, or out of it, as they are.
    @Test func compiledBundlesChangeTheirForm() async throws {
        let (file, whole) = try await both("--precision", "int8", "--keep", "rgb->caption", "--keep", "tok_depth->tok_depth")
        try await compile([whole, "--single-file", "-o", folder.file("again.tess")])
        try await compile([file, "-o", folder.file("out")])
        #expect(try bytes("out/text_tokenizer.json") == bytes("s/text_tokenizer.json"))
        for bundle in [folder.file("again.tess"), folder.file("out"), file] {
            let run = await Command("tokenize", bundle, "--modality", "depth", Shapes.image("000_depth.png"), "-o", bundle + ".npy")
            #expect(run.code == 0, "\(run.messages)")
        }
        #expect(try bytes("again.tess.npy") == bytes("s.tess.npy") && bytes("out.npy") == bytes("s.tess.npy"))
    }

    @Test func wrongCallsAreUsage() async throws {
        try await compile([Shapes.folder, "--single-file", "--keep", "rgb->caption", "-o", folder.file("s.tess")])
        let file = folder.file("s.tess")
        let out = ["-o", folder.file("x.tess")]
        let calls: [([String], Int32, String)] = [
            (["compile", Shapes.folder] + out, 2, "give --single-file"),
            (["compile", Shapes.folder, "--single-file", "-o", folder.file("x")], 2, "must end in .tess"),
            (["compile", Shapes.model, "--single-file"] + out, 2, "--single-file is for bundles"),
            (["compile", file, "--single-file", "--precision", "int8"] + out, 2, "is compiled already"),
            (["compile", file, "--single-file", "--keep", "rgb->depth"] + out, 2, "cannot generate 'depth'"),
            (["run", file, "--random", "--outputs", folder.file("o")], 2, "is a bundle of several models"),
            (["run", file + "/no.tess", "--random", "--outputs", folder.file("o")], 1, "it has: fm.tess"),
            (["inspect", file, "--function", "encode"], 2, "is a bundle of several models"),
            (["generate", file + "/fm.tess", "--prompt", "x", "-o", folder.file("o")], 1, "is a compiled model, no bundle"),
            (["generate", folder.file("none.tess"), "--prompt", "x", "-o", folder.file("o")], 1, "does not exist"),
            (["inspect", Shapes.folder, "--verify"], 2, "--verify is for compiled models"),
        ]
        for (call, code, words) in calls {
            let run = await Command(call)
            #expect(run.code == code && run.messages.contains(words), "\(call): \(run.code) \(run.messages)")
        }
    }
}
