import Formats
import IR

/// Builds the module of a 4M transformer: embeddings, encoder, decoder (full and cached) and heads as functions.
///
/// Reference: fourm/models/fm.py, encoder_embeddings.py, decoder_embeddings.py. All activations are f32, ids and
/// positions i64, masks bool with True = masked.
struct TransformerImporter {
    let settings: TransformerSettings
    let modalities: [TransformerModality]
    let weights: WeightReader
    /// False for the encoder alone, which gives no context either.
    let hasDecoder: Bool

    var block: BlockSettings { settings.block }
    var dim: Int { settings.block.dim }

    static let batch: Dim = .symbol("batch")
    static let tokens: Dim = .symbol("tokens")
    static let targets: Dim = .symbol("targets")
    static let count: Dim = .symbol("n")

    private static let decoderPrefixes = [
        "decoder.", "decoder_embeddings.", "decoder_proj_context.", "decoder_norm.", "mask_token",
    ]

    init(_ config: Config, _ weights: WeightReader, _ scope: ImportScope = .whole) throws {
        let holdsDecoder = Self.decoderPrefixes.contains { weights.hasAny(prefix: $0) }
        hasDecoder = holdsDecoder && scope.outputs?.isEmpty != true
        settings = try TransformerSettings(
            config, encoderModalities: holdsDecoder ? nil : weights.names(below: "encoder_embeddings"))
        modalities = try TransformerModality.all(settings, config, weights, scope)
        self.weights = weights
        // Every decoder has one, also where all targets are texts, which do without.
        if holdsDecoder { weights.ignore("mask_token") }
        // The head of a fine-tuned encoder can be any module.
        if !holdsDecoder { weights.leaveOut(prefix: "output_head.") }
        if scope != .whole { ignoreOthers() }
    }

    /// Counts the tensors of what the scope leaves out as known.
    private func ignoreOthers() {
        let sides = [
            ("encoder_embeddings", modalities.filter(\.isInput)), ("decoder_embeddings", modalities.filter(\.isOutput)),
        ]
        for (side, kept) in sides {
            for name in weights.names(below: side) where !kept.contains(where: { $0.name == name }) {
                weights.ignoreAll(prefix: "\(side).\(name).")
            }
        }
        if !hasDecoder { for prefix in Self.decoderPrefixes { weights.ignoreAll(prefix: prefix) } }
    }

    var registerCount: Int {
        hasDecoder || weights.has("register_tokens") ? settings.registerTokens : 0
    }

    func functions() throws -> [Graph] {
        var graphs: [Graph] = []
        for modality in modalities where modality.isInput { graphs.append(try embedEncoder(modality)) }
        if registerCount > 0 { graphs.append(try registerTokens()) }
        graphs.append(try encode())
        guard hasDecoder else { return graphs }
        for modality in modalities where modality.isOutput { graphs += try embedDecoder(modality) }
        graphs += [try decode(masked: true), try decode(masked: false)]
        if settings.decoderDepth > 0 { graphs += [try decodeContext(), try decodeCached(), try decodeStep()] }
        for modality in modalities where modality.isOutput { graphs.append(try logits(modality)) }
        return graphs
    }

    /// The encoder over already selected tokens, and the decoder's context if there is a decoder.
    private func encode() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.encode, weights)
        let shape: [Dim] = [Self.batch, Self.tokens, Dim(dim)]
        let tokens = try writer.input("tokens", .f32, shape)
        let emb = try writer.input("emb", .f32, shape)
        let mask = try headMask(writer, try writer.input("mask", .bool, [Self.batch, 1, Self.tokens]), name: "mask")
        var x = try writer.add(tokens, emb, name: "encoder.input")
        for layer in 0..<settings.encoderDepth {
            x = try writer.encoderBlock(x, "encoder.\(layer)", mask: mask, block)
        }
        let out = settings.hasEncoderNorm ? try writer.norm(x, "encoder_norm", block) : x
        try writer.output("out", out)
        guard hasDecoder else { return writer.graph }
        let projected = try writer.linear(out, "decoder_proj_context", dim, dim, bias: true)
        try writer.output("context", try writer.add(projected, emb, name: "decoder_proj_context.emb"))
        return writer.graph
    }

    private func registerTokens() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.registerTokens, weights)
        try writer.output("tokens", try writer.weight("register_tokens", [1, settings.registerTokens, dim]))
        return writer.graph
    }

    private func logits(_ modality: TransformerModality) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.logits(modality.name), weights)
        let y = try writer.input("y", .f32, [Self.batch, Self.count, Dim(dim)])
        let prefix = "decoder_embeddings.\(modality.name)"
        let isTied = !weights.has("\(prefix).to_logits.weight")
        let name = isTied ? "\(prefix).token_emb" : "\(prefix).to_logits"
        try writer.output("logits", try writer.linear(y, name, dim, modality.vocabulary ?? 0, bias: false))
        return writer.graph
    }

    /// `[b, rows, keys]` → `[b, 1, rows, keys]`: one mask for all heads.
    func headMask(_ writer: FunctionWriter, _ mask: ValueID, name: String) throws -> ValueID {
        let s = writer.shape(mask)
        return try writer.reshape(mask, [s[0], 1, s[1], s[2]], name: "\(name).heads")
    }
}
