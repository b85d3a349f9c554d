import Foundation
import TestSupport
import Testing

@testable import CLI

/// `compile --max name=size`.
@Suite struct LargestSizeTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(_ file: String, tokens: Int) async -> Command {
        await Command(
            "run", file, "--function", "encode", "--random", "--bind", "tokens=\(tokens)", "--outputs", folder.file("o"))
    }

    @Test func moreIsRefusedWhenItRuns() async throws {
        let file = folder.file("m.tess")
        let compile = await Command(
            "compile", Shapes.model, "--precision", "int8", "--max", "tokens=64", "--max", "batch=2", "-o", file)
        try #require(compile.code == 0, "\(compile.messages)")
        #expect(await run(file, tokens: 64).code == 0)
        let refused = await run(file, tokens: 65)
        #expect(refused.code == 1 && refused.messages.contains("tokens is 65, and the model was compiled for 64 at most"))
        let inspect = await Command("inspect", file)
        #expect(inspect.output.contains("largest sizes  batch=2 tokens=64"), "\(inspect.output)")
        #expect(inspect.output.contains("with --max tokens=64 --max batch=2"), "\(inspect.output)")
        let json = try await Command("inspect", file, "--json").json()
        #expect((json["largestSizes"] as? [String: Int]) == ["batch": 2, "tokens": 64])
        let peak = try #require(json["peak"] as? [String: Any])
        #expect((peak["sizes"] as? [String: Int])?["batch"] == 2 && (peak["bytes"] as? Int ?? 0) > 100_000, "\(peak)")
        // They stay for another target, and may become smaller.
        let again = await Command("compile", file, "--target", "generic", "--max", "tokens=32", "-o", folder.file("g.tess"))
        #expect(again.code == 0, "\(again.messages)")
        let other = await Command("inspect", folder.file("g.tess"))
        #expect(other.output.contains("largest sizes  batch=2 tokens=32"), "\(other.output)")
        #expect(await run(folder.file("g.tess"), tokens: 33).code == 1)
    }

    @Test func ofABundleEachModelThatHasTheSize() async throws {
        let file = folder.file("b.tess")
        let compile = await Command(
            "compile", Shapes.folder, "--keep", "rgb->tok_depth", "--max", "tokens=100", "--single-file", "-o", file)
        try #require(compile.code == 0, "\(compile.messages)")
        let generate = await Command(
            "generate", file, "--input", "rgb@224=\(Shapes.image("000_rgb.png"))", "-o", folder.file("g"))
        #expect(generate.code == 2 && generate.messages.contains("tokens is 1"), "\(generate.messages)")
        #expect(generate.messages.contains("compiled for 100 at most"), "\(generate.messages)")
        let tokenizer = try await Command("inspect", file + "/tok_depth.tess", "--json").json()
        #expect(tokenizer["largestSizes"] == nil)
    }

    @Test func wrongSizesAreUsage() async throws {
        let small = folder.file("s.tess")
        _ = await Command("compile", Shapes.model, "--function", "encode", "--max", "tokens=8", "-o", small)
        let calls: [(String, [String], String)] = [
            (Shapes.model, ["tokens=0"], "a whole number from 1"), (Shapes.model, ["tokens=-1"], "a whole number from 1"),
            (Shapes.model, ["tokens"], "NAME=SIZE"), (Shapes.model, ["pixels=4"], "has no size called 'pixels'; it has: batch"),
            (Shapes.model, ["tokens=4", "tokens=5"], "contradicts"), (small, ["tokens=9"], "was compiled for tokens up to 8"),
            (small, ["capacity=9"], "has no size called 'capacity'"),
        ]
        for (model, sizes, words) in calls {
            let run = await Command(["compile", model, "-o", folder.file("x.tess")] + sizes.flatMap { ["--max", $0] })
            #expect(run.code == 2 && run.messages.contains(words), "\(sizes): \(run.code) \(run.messages)")
        }
        let bundle = await Command("compile", Shapes.folder, "--max", "pixels=4", "-o", folder.file("b"))
        #expect(bundle.code == 2 && bundle.messages.contains("bundle 'shapes' has no size called 'pixels'"), "\(bundle.messages)")
    }
}
