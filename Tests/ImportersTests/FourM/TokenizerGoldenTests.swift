import IR
import Testing

@testable import Formats

/// Tokenizers, run by the reference interpreter, against the original's numbers.
@Suite(needsShared)
struct TokenizerGoldenTests {
    @Test(arguments: [
        ("vqvae_rgb", "in1"), ("vqvae_featuremap", "in0"), ("vqvae_featuremap", "in1"),
        ("vqvae_nonsquare_model", "in1"),
        ("vqvae_outconv_learned_euclid", "in1"), ("vqvae_semseg", "in1"), ("vqvae_two_codebooks", "in0"),
        ("lucid_vit_enc_mlp_dec", "in0"), ("memcodes_mlp", "in1"), ("memcodes_bottleneck_mlp", "in1"),
        ("memcodes_bottleneck_mlp", "in2"),
    ])
    func tokenizesAndDecodes(_ name: String, _ input: String) throws {
        try check(FourMGolden("tokenizer/\(name)"), input)
    }

    @Test(arguments: ["stored_f16", "stored_mixed"])
    func storedTypesWiden(_ name: String) throws {
        let golden = try FourMGolden("checkpoint/\(name)")
        let results = try golden.run("tokenize", ["image": golden.input("in")])
        for key in ["tokens", "latents"] { try golden.check(try #require(results[key]), key) }
        let decoded = try golden.run("detokenize", ["tokens": golden.output("tokens")], "decoded")
        try golden.check(decoded, "decoded")
    }

    @Test(arguments: ["divae_unet", "divae_unet_noresample", "divae_unet_odd", "divae_uvit_concat"])
    func diffusionTokenizes(_ name: String) throws {
        let golden = try FourMGolden("diffusion/\(name)")
        let results = try golden.run("tokenize", ["image": golden.input("in0")])
        for key in ["tokens", "latents", "quant"] { try golden.check(try #require(results[key]), "in0.\(key)") }
        let cond = try golden.run("embed_codes", ["tokens": try #require(results["tokens"])], "cond")
        try golden.check(cond, "in0.quant")
    }

    /// One evaluation of each: with masked conditions, at the native size, at another size.
    @Test(arguments: [
        ("divae_unet", 6), ("divae_unet_noresample", 0), ("divae_unet_odd", 4), ("divae_uvit_concat", 5), ("divae_uvit_concat", 8),
        ("divae_uvit_longskip", 3), ("divae_uvit_xattn", 3), ("divae_uvit_xattn", 6),
    ])
    func denoises(_ name: String, _ call: Int) throws {
        let golden = try FourMGolden("diffusion/\(name)")
        let x = try golden.input("call\(call).x")
        var inputs = ["x": x, "cond": try golden.input("call\(call).cond")]
        inputs["timestep"] = Tensor(try timesteps(golden, call, batch: x.shape[0]), [x.shape[0]], as: .f32)
        inputs["cond_mask"] = golden.inputs["call\(call).cond_mask"]
        let function = inputs["cond_mask"] == nil ? "denoise" : "denoise_masked"
        try golden.check(try golden.run(function, inputs, "prediction"), "call\(call)")
    }

    private func timesteps(_ golden: FourMGolden, _ call: Int, batch: Int) throws -> [Double] {
        guard case .list(let calls)? = golden.parameters["calls"]?.value, case .dict = calls[call] else { return [] }
        let facts = Config(calls[call], file: "case.json")
        if let list = try? facts.doubles("timestep") { return list }
        return [Double](repeating: try facts.double("timestep"), count: batch)
    }

    private func check(_ golden: FourMGolden, _ input: String) throws {
        let function = try #require(golden.module.function("tokenize"))
        let name = try #require(function.inputs.first.flatMap { function.inputName(of: $0) })
        let results = try golden.run("tokenize", [name: golden.input(input)])
        for key in ["tokens", "latents", "quant"] { try golden.check(try #require(results[key]), "\(input).\(key)") }
        let decoded = try golden.run("detokenize", ["tokens": try golden.output("\(input).tokens")], "decoded")
        try golden.check(decoded, "\(input).decoded")
    }
}
