import Foundation
import Testing

@testable import CLI

@Suite struct BundleInspectTests {
    @Test func aSoundBundleTellsWhatGoesInAndComesOut() async throws {
        let run = await Command("inspect", Shapes.folder)
        #expect(run.code == 0, "\(run.messages)")
        for part in [
            "fm.safetensors", "ok", "goes in", "16-bit grey PNG", "(0…1 - 0.485", "comes out", ".labels.png", "615 ids", "Caption",
        ] {
            #expect(run.output.contains(part), "\(part)")
        }
        let json = try await Command("inspect", Shapes.folder, "--json").json()
        let parts = try #require(json["parts"] as? [[String: Any]])
        #expect(parts.count == 7 && parts.allSatisfy { $0["check"] as? String == "ok" })
        #expect((json["modalities"] as? [[String: Any]])?.count == 7)
    }

    @Test func aBrokenPartIsToldAndFails() async throws {
        let folder = try TemporaryFolder()
        var text = try String(contentsOfFile: Shapes.folder + "/bundle.yaml", encoding: .utf8)
        for name in ["fm", "tok_rgb_vqvae", "tok_rgb", "tok_normal", "tok_semseg"] {
            text = text.replacing(": \(name).safetensors", with: ": \(Shapes.folder)/\(name).safetensors")
        }
        text = text.replacing("tok_depth.safetensors", with: Shapes.folder + "/tok_normal.safetensors")
        text = text.replacing("box_bins: 100", with: "box_bins: 10").replacing(
            "text_tokenizer.json", with: Shapes.folder + "/text_tokenizer.json")
        try folder.write(text, "bundle.yaml")
        let run = await Command("inspect", folder.path)
        #expect(run.code == 1 && run.output.contains("broken"))
        #expect(run.output.contains("takes pictures of 3 channels") && run.output.contains("set 'box_bins: 100'"))
        #expect(run.messages.contains("the text tokenizer, the tokenizer of 'tok_depth'"))
    }
}
