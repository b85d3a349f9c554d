import Formats
import Foundation
import TestSupport
import Testing

@testable import CLI

/// `compile x.tess --target OTHER`.
@Suite struct RepackTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func compile(_ arguments: String...) async throws {
        let run = await Command(["compile"] + arguments)
        try #require(run.code == 0, "\(run.messages)")
    }

    private func encoded(_ file: String, _ name: String) async throws -> Data {
        let run = await Command(
            "run", file, "--function", "encode", "--random", "--bind", "tokens=7", "--outputs", folder.file(name))
        #expect(run.code == 0, "\(run.messages)")
        return try Data(contentsOf: URL(fileURLWithPath: folder.file(name + "/out.npy")))
    }

    @Test(arguments: ["f32", "int8", "int4"]) func packsForAnotherTarget(precision: String) async throws {
        let (a, b, c) = (folder.file("a.tess"), folder.file("b.tess"), folder.file("c.tess"))
        try await compile(Shapes.model, "--precision", precision, "--target", "avx2", "-o", a)
        try await compile(a, "--target", "avx512vnni", "-o", b)
        try await compile(b, "--target", "avx2", "--function", "encode", "-o", c)
        let expected = try await encoded(a, "oa")
        #expect(try await encoded(b, "ob") == expected)
        #expect(try await encoded(c, "oc") == expected)
        let inspect = await Command("inspect", c, "--verify")
        #expect(inspect.code == 0, "\(inspect.messages)")
        for words in [
            "\(precision) for avx2", "with --function encode", "from fm.safetensors",
            "packed again from a.tess, for avx2 by", "packed again from b.tess, for avx512vnni by", "what was rounded stayed as it was",
            "left out, since nothing kept reaches them",
        ] { #expect(inspect.output.contains(words), "\(words): \(inspect.output)") }
        // The same input, the same bytes.
        try await compile(a, "--target", "avx512vnni", "-o", folder.file("b2.tess"))
        #expect(FileManager.default.contentsEqual(atPath: b, andPath: folder.file("b2.tess")))
    }

    @Test func bundlesToo() async throws {
        let (a, b, c) = (folder.file("a"), folder.file("b"), folder.file("c.tess"))
        try await compile(Shapes.folder, "--precision", "int8", "--target", "avx2", "--keep", "rgb->tok_depth", "-o", a)
        try await compile(a, "--target", "avx512", "-o", b)
        try await compile(b, "--target", "generic", "--single-file", "-o", c)
        var found: [Data] = []
        for bundle in [a, b, c] {
            let run = await Command(
                "generate", bundle, "--input", "rgb@224=\(Shapes.image("004_rgb.png"))", "--target", "depth", "--steps", "1", "-o",
                bundle + "-out")
            #expect(run.code == 0, "\(run.messages)")
            found.append(try Data(contentsOf: URL(fileURLWithPath: bundle + "-out/tok_depth@224.tokens.npy")))
        }
        #expect(Set(found).count == 1)
        let inspect = await Command("inspect", c)
        #expect(inspect.output.contains("int8 for generic, with --keep rgb->tok_depth"), "\(inspect.output)")
    }

    /// A compiled model that is cut down is what the checkpoint, cut down, compiles to.
    @Test(arguments: ["f32", "bf16", "int8", "int4"]) func keptPathsOfACompiledModel(precision: String) async throws {
        let (whole, cut, part) = (folder.file("whole.tess"), folder.file("cut.tess"), folder.file("part.tess"))
        let keep = ["--keep", "rgb->depth,caption"]
        try await compile(Shapes.model, "--precision", precision, "-o", whole)
        let run = await Command(["compile", whole, "-o", cut] + keep)
        try #require(run.code == 0, "\(run.messages)")
        #expect(run.output.contains("cut.tess: left out") && run.output.contains("logits.det"), "\(run.output)")
        try await compile(Shapes.model, "--precision", precision, keep[0], keep[1], "-o", part)
        let (a, b) = (try SafeTensorsFile(path: cut), try SafeTensorsFile(path: part))
        for key in ["tessera.program", "tessera.packed", "tessera.checksums"] { #expect(a.metadata[key] == b.metadata[key], "\(key)") }
        let inspect = await Command("inspect", cut, "--verify")
        #expect(inspect.code == 0 && inspect.output.contains("packed again from whole.tess"), "\(inspect.messages)")
        #expect(inspect.output.contains("with --keep rgb->depth,caption") && inspect.output.contains("left out"), "\(inspect.output)")
        // Cut down again, and what is gone stays gone.
        try await compile(cut, "--keep", "rgb->depth", "-o", folder.file("again.tess"))
        let gone = await Command("compile", cut, "--keep", "rgb->det", "-o", folder.file("x.tess"))
        #expect(gone.code == 2 && gone.messages.contains("cannot generate 'det'"), "\(gone.messages)")
    }

    @Test func keptPathsOfACompiledBundle() async throws {
        let (whole, single) = (folder.file("whole"), folder.file("whole.tess"))
        try await compile(Shapes.folder, "--precision", "int8", "-o", whole)
        try await compile(whole, "--single-file", "-o", single)
        let run = await Command("compile", whole, "--keep", "rgb->tok_depth", "-o", folder.file("a"))
        try #require(run.code == 0, "\(run.messages)")
        #expect(run.output.contains("left out: the tokenizer of 'tok_normal', the tokenizer of 'tok_rgb'"), "\(run.output)")
        try await compile(single, "--keep", "rgb->tok_depth", "--single-file", "-o", folder.file("b.tess"))
        try await compile(Shapes.folder, "--precision", "int8", "--keep", "rgb->tok_depth", "-o", folder.file("c"))
        let files = try Set(FileManager.default.contentsOfDirectory(atPath: folder.file("a")))
        #expect(files == ["bundle.yaml", "fm.tess", "text_tokenizer.json", "tok_depth.tess"])
        for name in ["fm.tess", "tok_depth.tess"] {
            let (a, b) = (try SafeTensorsFile(path: folder.file("a/\(name)")), try SafeTensorsFile(path: folder.file("c/\(name)")))
            for key in ["tessera.program", "tessera.checksums"] { #expect(a.metadata[key] == b.metadata[key], "\(name) \(key)") }
        }
        var found: [Data] = []
        for bundle in [whole, folder.file("a"), folder.file("b.tess")] {
            let run = await Command(
                "generate", bundle, "--input", "rgb@224=\(Shapes.image("004_rgb.png"))", "--target", "depth", "--steps", "1", "-o",
                bundle + "-out")
            #expect(run.code == 0, "\(run.messages)")
            found.append(try Data(contentsOf: URL(fileURLWithPath: bundle + "-out/tok_depth@224.npy")))
        }
        #expect(Set(found).count == 1)
        let gone = await Command("compile", folder.file("a"), "--keep", "rgb->caption", "-o", folder.file("x"))
        #expect(gone.code == 2 && gone.messages.contains("cannot generate 'caption'"), "\(gone.messages)")
        let tokenizer = await Command("compile", whole + "/tok_depth.tess", "--keep", "rgb->depth", "-o", folder.file("x.tess"))
        #expect(tokenizer.code == 2 && tokenizer.messages.contains("--keep is for 4M models"), "\(tokenizer.messages)")
    }

    /// What was decided before stays decided.
    @Test func wrongCallsAreUsage() async throws {
        let file = folder.file("a.tess")
        try await compile(Shapes.model, "--function", "encode", "--target", "avx2", "-o", file)
        let out = ["-o", folder.file("x.tess")]
        let calls: [([String], String)] = [
            (["--precision", "int8"], "--precision int8: \(file) is compiled already"),
            (["--keep", "rgb->caption"], "was compiled without the function embed_encoder."),
            (["--function", "decode"], "has no such function"), (["--bind", "n=1"], "--bind"), (["--target", "z80"], "--target"),
            (["--disable", "fuse-gelu"], "--disable"), (["--override", "a=int8"], "--override"),
            (["--lora", "x.safetensors"], "--lora is for checkpoints"),
            (["--precision", "int4", "--calibrate", folder.path], "is compiled already"),
            (["--single-file"], "--single-file is for bundles"),
        ]
        for (flags, words) in calls {
            let run = await Command(["compile", file] + flags + out)
            #expect(run.code == 2 && run.messages.contains(words), "\(flags): \(run.code) \(run.messages)")
        }
    }
}
