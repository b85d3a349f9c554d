import Formats
import IR

/// Builds the functions of a VQ-VAE tokenizer and of the encoder of the others.
///
/// Reference: fourm/vq/vqvae.py. Images are `[batch, c, ph·gh, pw·gw]`, token grids `[batch, gh, gw]`
/// (`[batch, codebooks, gh, gw]` with several codebooks).
struct TokenizerImporter {
    let settings: TokenizerSettings
    let weights: WeightReader

    static let batch: Dim = .symbol("batch")
    static let rows: Dim = .symbol("gh")
    static let columns: Dim = .symbol("gw")

    var hasEncoder: Bool { weights.hasAny(prefix: "encoder.") || weights.hasAny(prefix: "quant_proj.") }

    var hasDecoder: Bool { weights.hasAny(prefix: "decoder.") }

    init(_ config: Config, _ weights: WeightReader) throws {
        settings = try TokenizerSettings(config)
        self.weights = weights
        guard settings.quantizer == .lucid else { return }
        for buffer in ["cluster_size", "embed_avg", "initted"] { weights.ignore("quantize._codebook.\(buffer)") }
    }

    /// `tokenize`: image or class ids → codes, the latents they stand for, and their embedding.
    func tokenize(_ network: TokenizerNetwork) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.tokenize, weights)
        let image = try preparedInput(writer, network)
        let tokens = try writer.tokenizerEncoder(image, network)
        let latents = try writer.pointwise(tokens, "quant_proj", network.dim, settings.latent, kernelRank: 2)
        let codes = try writer.nearestCodes(latents, settings)
        let quant = try writer.codeEmbedding(codes, settings)
        try writer.output("tokens", try writer.codeGrid(codes, settings, Self.rows, Self.columns))
        try writer.output("latents", try map(writer, latents, name: "quant_proj"))
        try writer.output("quant", try map(writer, quant, name: "quantize"))
        return writer.graph
    }

    /// `detokenize`: codes → image (class scores for semantic segmentation).
    func detokenize(_ network: TokenizerNetwork) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.detokenize, weights)
        let quant = try embeddedCodes(writer)
        try writer.output("decoded", try decoded(writer, quant, network))
        return writer.graph
    }

    /// `decode_quant`: embedding of the codes → image.
    func decodeQuant(_ network: TokenizerNetwork) throws -> Graph {
        let writer = FunctionWriter(FourMFunction.decodeQuant, weights)
        let quant = try writer.input("quant", .f32, [Self.batch, Dim(settings.latent), Self.rows, Self.columns])
        try writer.output("decoded", try decoded(writer, writer.tokens(fromMap: quant, name: "quant"), network))
        return writer.graph
    }

    /// `embed_codes`: codes → the embedding that conditions a diffusion decoder.
    func embedCodes() throws -> Graph {
        let writer = FunctionWriter(FourMFunction.embedCodes, weights)
        try writer.output("cond", try map(writer, try embeddedCodes(writer), name: "quantize"))
        return writer.graph
    }

    private func embeddedCodes(_ writer: FunctionWriter) throws -> ValueID {
        let heads: [Dim] = settings.codebooks > 1 ? [Dim(settings.codebooks)] : []
        let grid = try writer.input("tokens", .i64, [Self.batch] + heads + [Self.rows, Self.columns])
        return try writer.codeEmbedding(try writer.codeList(grid, settings), settings)
    }

    private func decoded(_ writer: FunctionWriter, _ quant: ValueID, _ network: TokenizerNetwork) throws -> ValueID {
        let tokens = try writer.pointwise(quant, "post_quant_proj", settings.latent, network.dim, kernelRank: 2)
        return try writer.tokenizerDecoder(tokens, network, Self.rows, Self.columns)
    }

    private func map(_ writer: FunctionWriter, _ tokens: ValueID, name: String) throws -> ValueID {
        try writer.map(fromTokens: tokens, Self.rows, Self.columns, name: name)
    }

    /// The encoder's input: class ids embedded, or an image, brought to [-1, 1] if it comes ImageNet-standardized.
    private func preparedInput(_ writer: FunctionWriter, _ network: TokenizerNetwork) throws -> ValueID {
        let height = Self.rows * Dim(network.patch.height)
        let width = Self.columns * Dim(network.patch.width)
        if let labels = settings.labels {
            let ids = try writer.input("labels", .i64, [Self.batch, height, width])
            let table = try writer.weight("cls_emb.weight", [labels, settings.channels])
            let pixels = try writer.apply(Gather(axis: 0), table, ids, name: "cls_emb")
            return try writer.transpose(pixels, [0, 3, 1, 2], name: "cls_emb")
        }
        let image = try writer.input("image", .f32, [Self.batch, Dim(settings.channels), height, width])
        guard settings.undoesStandardization else { return image }
        let (mean, std) = (Normalization.imageNetMean, Normalization.imageNetStd)
        let scale = Tensor(std.map { 2 * $0 }, [1, 3, 1, 1], as: .f32)
        let shift = Tensor(mean.map { 2 * $0 - 1 }, [1, 3, 1, 1], as: .f32)
        let scaled = try writer.multiply(image, try writer.constant("undo_std.scale", scale), name: "undo_std.scale")
        return try writer.add(scaled, try writer.constant("undo_std.shift", shift), name: "undo_std.shift")
    }
}
