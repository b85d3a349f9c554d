import Foundation
import Testing

@testable import CLI

/// `inspect` with --cost, --ops, --memory and --weights, on the demo's model.
@Suite struct InspectReportTests {
    @Test func costOfAFunction() async throws {
        let text = await Command("inspect", Shapes.model, "--cost", "--function", "encode", "--top", "3")
        #expect(text.code == 0, "\(text.messages)")
        for part in ["stage lowered", "FLOP/B", "share", "blocks", "encoder"] { #expect(text.output.contains(part)) }
        let json = try await Command("inspect", Shapes.model, "--cost", "--function", "encode", "--bind", "tokens=7", "--json").json()
        let details = try #require(json["details"] as? [String: Any])
        #expect((details["sizes"] as? [String: Int])?["tokens"] == 7)
        #expect((details["nodes"] as? [[String: Any]])?.isEmpty == false)
    }

    @Test func operatorsOfStages() async throws {
        let imported = try await Command("inspect", Shapes.model, "--ops", "--json").json()
        let lowered = try await Command("inspect", Shapes.model, "--ops", "--stage", "lowered", "--json").json()
        func operators(_ json: [String: Any]) throws -> Set<String> {
            Set(try #require(json["total"] as? [[String: Any]]).compactMap { $0["op"] as? String })
        }
        #expect(try operators(lowered).contains("attention"))
        #expect(try !operators(imported).contains("pack"))
    }

    @Test func memoryAndItsPicture() async throws {
        let folder = try TemporaryFolder()
        let picture = folder.file("memory.svg")
        let text = await Command("inspect", Shapes.model, "--memory", "--function", "encode", "--svg", picture)
        #expect(text.code == 0, "\(text.messages)")
        #expect(text.output.contains("alive in that step") && text.output.contains("bytes alive by step"))
        #expect(try String(contentsOfFile: picture, encoding: .utf8).hasPrefix("<svg"))
    }

    @Test func weightsByWhatRoundingLoses() async throws {
        let json = try await Command("inspect", Shapes.model, "--weights", "--sort", "int8", "--json").json()
        let tensors = try #require(json["tensors"] as? [[String: Any]])
        let losses = tensors.compactMap { $0["int8"] as? Double }
        #expect(losses.count > 10 && losses == losses.sorted())
        let few = try await Command("inspect", Shapes.model, "--weights", "--node", "encoder.0.*", "--json").json()
        let keys = try #require(few["tensors"] as? [[String: Any]]).compactMap { $0["key"] as? String }
        #expect(!keys.isEmpty && keys.allSatisfy { $0.hasPrefix("encoder.0.") })
    }

    @Test func flagsThatDoNotGoTogether() async {
        for arguments in [
            ["--cost", "--ops"], ["--svg", "a.svg"], ["--memory", "--svg", "a.png"], ["--sort", "int8"], ["--cost", "--ir"],
            ["--weights", "--bind", "batch=2"],
        ] {
            let wrong = await Command(["inspect", Shapes.model] + arguments)
            #expect(wrong.code == 2, "\(arguments)")
        }
        let stranger = await Command("inspect", Shapes.model, "--weights", "--node", "nothing")
        #expect(stranger.code == 2 && stranger.messages.contains("--node"))
        let bundle = await Command("inspect", Shapes.folder, "--cost")
        #expect(bundle.code == 2 && bundle.messages.contains("is a bundle of several models"))
    }
}
