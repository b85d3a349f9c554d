import Foundation
import Testing

@testable import FourMSettings

@Suite struct ModalityTableTests {
    /// Ids by Python's hashlib.
    @Test(arguments: [
        ("rgb@224", 20716),
        ("caption", 32652),
        ("tok_depth@224", 20063),
        ("tok_dinov2_global", 29172),
        ("human_poses", 30584),
        ("tok_clip@448", 3585),
        ("t5_caption", 28551),
        ("CLIP-B16", 10663),
    ])
    func ids(name: String, id: Int) throws {
        #expect(try ModalityTable.standard.info(name).id == id)
    }

    @Test func idsAreDistinct() {
        let modalities = ModalityTable.standard.modalities
        #expect(Set(modalities.map(\.id)).count == modalities.count)
    }

    @Test(arguments: [
        ("tok_rgb@224", 14, 196), ("rgb@448", 28, 784), ("tok_dinov2@224", 16, 256), ("tok_imagebind_global", 4, 16),
    ])
    func grids(name: String, side: Int, tokens: Int) throws {
        let info = try ModalityTable.standard.info(name)
        #expect(info.gridSide() == side)
        #expect(info.tokenCount() == tokens)
    }

    @Test func roles() throws {
        let table = ModalityTable.standard
        #expect(ModalityTable.fourM7.count == 8 && ModalityTable.fourM21.count == 11)
        #expect(
            table.modalities.filter { $0.isInput && !$0.isOutput }.map(\.name).sorted()
                == ["rgb@224", "rgb@448", "t5_caption"])
        #expect(ModalityTable.tokenizerOnly.allSatisfy { !$0.isInput && !$0.isOutput })
        #expect(table["human_poses"]?.maxTokens == 275 && table["human_poses"]?.maxLength == 263)
        #expect(table["tok_rgb@448"]?.vocabularySize == 16384 && table["t5_caption"]?.embeddingDim == 4096)
    }

    @Test(needsShared)
    func overridesOfAGolden() throws {
        let config = try SchedulingGoldens.json("generation/gen7_runs/config.json")
        let overrides = try ModalityOverride.read(try #require(config["modality_overrides"] as? [String: Any]))
        let table = try ModalityTable.standard.applying(overrides)
        #expect(table["caption"]?.vocabularySize == 612 && table["caption"]?.maxLength == 64)
        #expect(table["caption"]?.maxTokens == 30 && table["tok_rgb@224"]?.vocabularySize == 96)
        #expect(table["rgb@224"] == ModalityTable.standard["rgb@224"])
    }

    @Test func refusesUnknownNamesAndSizes() {
        let similar = ["tok_depth@224", "tok_depth@448", "depth"]
        #expect(throws: SettingsError.unknownModality(name: "depth@224", similar: similar)) {
            try ModalityTable.standard.info("depth@224")
        }
        #expect(throws: SettingsError.self) { try ModalityOverride.read(["det": ["vocab": 3]]) }
        #expect(throws: SettingsError.self) { try ModalityOverride.read(["det": ["vocab_size": 0]]) }
        #expect(throws: SettingsError.self) {
            try ModalityTable.standard.applying(["nothing": ModalityOverride(vocabularySize: 3)])
        }
    }
}
