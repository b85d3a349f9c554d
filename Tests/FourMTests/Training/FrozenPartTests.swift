import IR
import Passes
import TestSupport
import Testing

@testable import FourMTraining

@Suite("Frozen parts and adapters")
struct FrozenPartTests {
    private let names = [
        "mask_token", "register_tokens", "decoder_proj_context.weight", "encoder.0.attn.qkv.weight", "encoder_norm.weight",
        "encoder_embeddings.rgb@224.mod_emb", "encoder_embeddings.caption.mod_emb", "decoder.1.mlp.fc1.weight", "decoder_norm.weight",
        "decoder_embeddings.caption.to_logits.weight",
    ]

    private func frozen(_ part: FrozenPart) -> [String] { names.filter(part.contains) }

    @Test func partsAreThoseOfTheReference() {
        let encoder = ["encoder.0.attn.qkv.weight", "encoder_norm.weight"]
        let decoder = ["decoder.1.mlp.fc1.weight", "decoder_norm.weight"]
        #expect(frozen(.encoder()) == encoder + ["encoder_embeddings.rgb@224.mod_emb", "encoder_embeddings.caption.mod_emb"])
        #expect(frozen(.encoder(.none)) == encoder)
        #expect(frozen(.decoder()) == decoder + ["decoder_embeddings.caption.to_logits.weight"])
        #expect(frozen(.shared()) == encoder + decoder)
        let some = FrozenPart.shared(FrozenPart.domains("rgb@224-caption"))
        #expect(frozen(some) == names.filter { !["mask_token", "register_tokens", "decoder_proj_context.weight"].contains($0) })
        #expect(frozen(.encoder(FrozenPart.domains("caption"))) == encoder + ["encoder_embeddings.caption.mod_emb"])
    }

    @Test func targetsAreThoseOfTheReference() {
        let matrices = [
            "encoder.0.attn.qkv.weight", "encoder.0.attn.proj.weight", "encoder.0.mlp.fc1.weight", "decoder.0.self_attn.qkv.weight",
            "decoder.0.cross_attn.kv.weight", "decoder.0.cross_attn.q.weight", "decoder_proj_context.weight", "encoder.0.norm1.weight",
        ]
        #expect(
            AdapterTarget("self_attention")?.ranks(matrices, rank: 2) == [
                "encoder.0.attn.qkv": 6, "encoder.0.attn.proj": 2, "decoder.0.self_attn.qkv": 6,
            ])
        #expect(AdapterTarget("CrossAttn")?.ranks(matrices, rank: 2) == ["decoder.0.cross_attn.kv": 4, "decoder.0.cross_attn.q": 2])
        #expect(AdapterTarget("mlp")?.ranks(matrices, rank: 3) == ["encoder.0.mlp.fc1": 3])
        #expect(AdapterTarget("transformer")?.ranks(matrices, rank: 1).count == 6 && AdapterTarget("conv") == nil)
    }

    private func block() throws -> Module {
        var module = Module(name: "block")
        var graph = Graph(name: "main")
        let x = try graph.addInput("x", TensorType(.f32, [.symbol("n"), 4]))
        let weight = try graph.constant("block.attn.proj.weight", TensorType(.f32, [3, 4]))
        try graph.addOutput("y", graph.apply(Linear(), [x, weight, nil], name: "proj"))
        module.setFunction(graph)
        var draw = SampleTensors(seed: 4)
        module.setConstant(Constant(key: "block.attn.proj.weight", draw.floats([3, 4])))
        return module
    }

    @Test func adaptersChangeNothingAtFirstAndMerge() throws {
        let module = try block()
        let adapters = try Adapters(.attention, of: module, rank: 2, scale: 0.5)
        var draw = SampleTensors(seed: 6)
        let inputs = ["x": draw.floats([5, 4])]
        let made = try adapters.added(to: module, seed: 3)
        try made.verify()
        #expect(adapters.parameters == ["block.attn.proj.lora_down.weight", "block.attn.proj.lora_up.weight"])
        #expect(made.constants["block.attn.proj.lora_down.weight"]?.tensor?.floats.contains { $0 != 0 } == true)
        #expect(try Interpreter.run(made, "main", inputs) == Interpreter.run(module, "main", inputs))
        let weights = ["block.attn.proj.lora_down.weight": draw.floats([2, 4]), "block.attn.proj.lora_up.weight": draw.floats([3, 2])]
        let adapted = try Interpreter.run(adapters.added(to: module, weights: weights), "main", inputs)["y"]?.doubles ?? []
        let merged = try Interpreter.run(adapters.merged(into: module, weights), "main", inputs)["y"]?.doubles ?? []
        #expect(adapted.count == 15 && zip(adapted, merged).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test func adaptersThatDoNotFitAreRefused() throws {
        let module = try block()
        #expect(throws: PassError.self) { try Adapters(.mlp, of: module, rank: 2, scale: 1) }
        #expect(throws: PassError.self) { try Adapters(.all, of: module, rank: 4, scale: 1).added(to: module) }
        let adapters = try Adapters(.all, of: module, rank: 1, scale: 1)
        #expect(throws: PassError.self) { try adapters.added(to: module, weights: [:]) }
        #expect(throws: PassError.self) { try adapters.merged(into: module, [:]) }
    }
}
