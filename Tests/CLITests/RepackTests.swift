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

    /// What was decided before stays decided.
    @Test func wrongCallsAreUsage() async throws {
        let file = folder.file("a.tess")
        try await compile(Shapes.model, "--function", "encode", "--target", "avx2", "-o", file)
        let out = ["-o", folder.file("x.tess")]
        let calls: [([String], String)] = [
            (["--precision", "int8"], "--precision int8: \(file) is compiled already"), (["--keep", "rgb->caption"], "--function keeps"),
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
