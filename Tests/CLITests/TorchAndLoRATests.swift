import Formats
import Foundation
import IR
import Testing

@testable import CLI

@Suite struct TorchAndLoRATests {
    static let model = Shared.path("goldens/checkpoint/pth_zip/tokenizer.pth")

    /// An adapter of rank 1 for the layer [36, 12] of the golden tokenizer.
    private func adapter(_ folder: TemporaryFolder, rows: Int = 36) throws -> String {
        let layer = "encoder.blocks.0.attn.qkv"
        let tensors = [
            "\(layer).lora_down.weight": Tensor([Float](repeating: 0.5, count: 12), [1, 12]),
            "\(layer).lora_up.weight": Tensor([Float](repeating: 0.5, count: rows), [rows, 1]),
        ]
        try SafeTensorsWriter.write(tensors, to: folder.file("a.safetensors"))
        return folder.file("a.safetensors")
    }

    @Test(needsShared) func torchFilesAreInspected() async {
        let text = await Command("inspect", Self.model)
        #expect(text.code == 0 && text.output.contains("(vqvae)") && text.output.contains("image size  16 × 16"), "\(text.messages)")
    }

    @Test(needsShared) func adaptersAreMerged() async throws {
        let folder = try TemporaryFolder()
        let text = await Command("inspect", Self.model, "--lora", try adapter(folder) + ":0.25")
        #expect(text.code == 0 && text.output.contains("1 of \(folder.path)/a.safetensors, scale 0.25"), "\(text.messages)")
        let wrong = await Command("inspect", Self.model, "--lora", try adapter(folder, rows: 35))
        #expect(wrong.code == 1 && wrong.messages.contains("encoder.blocks.0.attn.qkv"), "\(wrong.messages)")
    }

    @Test(needsShared) func wrongAdapterFlagsSayWhatToDo() async throws {
        let missing = await Command("inspect", Self.model, "--lora", "nowhere.pth")
        #expect(missing.code == 1 && missing.messages.contains("--lora nowhere.pth does not exist"))
        let folder = try TemporaryFolder()
        let letters = await Command("inspect", Self.model, "--lora", try adapter(folder) + ":abc")
        #expect(letters.code == 2 && letters.messages.contains("the scale 'abc' is not a number"), "\(letters.messages)")
        let scale = await Command("inspect", Self.model, "--lora-scale", "2")
        #expect(scale.code == 1 && scale.messages.contains("holds no LoRA adapters of its own"))
        #expect(await Command("inspect", Self.model, "--lora-scale", "nan").code == 2)
        #expect(await Command("inspect", Self.model, "--lora", "a:nan").code == 2)
    }
}
