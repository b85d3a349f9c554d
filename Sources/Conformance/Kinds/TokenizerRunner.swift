import IR
import Importers
import Runtime

/// VQ-VAE tokenizers: images to tokens and back.
enum TokenizerRunner: CaseRunner {
    static let kinds = ["tokenizer_vqvae"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let session = Session(try golden.plan())
        let (inputs, outputs) = (try golden.inputs(), try golden.outputs())
        for item in try golden.parameters.sections("inputs") {
            let name = try item.text("input")
            let found = try session.tokenize(inputs.needed(name))
            for key in ["tokens", "latents", "quant"] { report.compare("\(name).\(key)", found[key], outputs["\(name).\(key)"]) }
            let quant = try session.run(FourMFunction.decodeQuant, ["quant": found.needed("quant")])
            report.compare("\(name).decoded", quant["decoded"], outputs["\(name).decoded"])
            // Also where the reference's look-up of tokens fails: the embedding is that of the encoder.
            let decoded = try session.run(FourMFunction.detokenize, ["tokens": found.needed("tokens")])
            report.compare("\(name).decoded from tokens", decoded["decoded"], outputs["\(name).decoded"])
            // The reference's look-up of memcodes gives a row of tokens as a column; the numbers are the same.
            let turned = ["tokens_to_embedding": found["quant"], "decode_tokens": decoded["decoded"]]
            for (key, tensor) in turned.sorted(by: { $0.key < $1.key }) where outputs["\(name).\(key)"] != nil {
                report.compare("\(name).\(key)", tensor?.swappingSides, outputs["\(name).\(key)"])
            }
        }
        report.requireAll(outputs)
    }
}

/// Checkpoints in other containers and number formats; the model is a tiny VQ-VAE.
enum CheckpointRunner: CaseRunner {
    static let kinds = ["checkpoint_load"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let outputs = try golden.outputs()
        // The folder, and the file that a user would name instead.
        let file = golden.parameters["index"] as? String ?? "model.safetensors"
        for path in ["", file] {
            let session = Session(try golden.plan(path))
            try report.compare(session, try golden.inputs().needed("in"), outputs)
        }
        report.requireAll(outputs)
    }
}

extension Tensor {
    /// Maps `[b, c, 1, w]` as `[b, c, w, 1]`, or the other way round; others as they are.
    fileprivate var swappingSides: Tensor {
        guard rank == 4, shape[2] == 1 || shape[3] == 1 else { return self }
        return reshaped([shape[0], shape[1], shape[3], shape[2]]) ?? self
    }
}

extension Session {
    /// Results of `tokenize` for an image, a feature map or class ids.
    func tokenize(_ input: Tensor) throws -> [String: Tensor] {
        try run(FourMFunction.tokenize, [input.dtype.isFloat ? "image" : "labels": input])
    }
}

extension CaseReport {
    /// Compares tokens, latents and reconstruction of one image.
    mutating func compare(_ session: Session, _ image: Tensor, _ outputs: [String: Tensor]) throws {
        let found = try session.tokenize(image)
        compare("tokens", found["tokens"], outputs["tokens"])
        compare("latents", found["latents"], outputs["latents"])
        let decoded = try session.run(FourMFunction.detokenize, ["tokens": found.needed("tokens")])
        compare("decoded", decoded["decoded"], outputs["decoded"])
    }
}
