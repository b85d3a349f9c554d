import Formats
import IR

/// Encoder or decoder of a tokenizer.
enum TokenizerNetwork: Sendable {
    case vision(VisionSettings)
    /// `channels` of the vectors at each place of the grid, outside the network.
    case mlp(PointwiseMLP, channels: Int)

    init(_ config: Config, _ side: VisionSettings.Side, channels: Int) throws {
        let type = try config.string(side.typeKey, default: "vit_b_\(side.suffix)")
        guard type.contains("MLP") else {
            self = .vision(try VisionSettings(config, side, channels: channels))
            return
        }
        guard let mlp = PointwiseMLP(name: type) else { throw config.badValue(side.typeKey, PointwiseMLP.form) }
        self = .mlp(mlp, channels: channels)
    }

    /// Channels of its tokens, where it meets the quantizer.
    var dim: Int {
        switch self {
        case .vision(let vision): vision.block.dim
        case .mlp(let mlp, _): mlp.width
        }
    }

    var channels: Int {
        switch self {
        case .vision(let vision): vision.channels
        case .mlp(_, let channels): channels
        }
    }

    /// Pixels of one token.
    var patch: (height: Int, width: Int) {
        switch self {
        case .vision(let vision): vision.patch
        case .mlp: (1, 1)
        }
    }

    /// Whether its outer side is an image rather than a map of features.
    var isImage: Bool {
        if case .vision(let vision) = self { return vision.projectsPatches }
        return false
    }

    /// Size of the token grid it was made for; an MLP takes any.
    var grid: (rows: Int, columns: Int)? {
        if case .vision(let vision) = self { return vision.grid }
        return nil
    }
}

extension FunctionWriter {
    /// What the tokenizer is given, `[b, c, ph·gh, pw·gw]`, → tokens `[b, gh·gw, dim]`.
    func tokenizerEncoder(_ input: ValueID, _ network: TokenizerNetwork) throws -> ValueID {
        switch network {
        case .vision(let vision): return try visionEncoder(input, vision)
        case .mlp(let mlp, let channels):
            return try pointwiseMLP(tokens(fromMap: input, name: "encoder"), "encoder", mlp, channels, mlp.width)
        }
    }

    /// Tokens `[b, gh·gw, dim]` → `[b, c, ph·gh, pw·gw]`
    func tokenizerDecoder(_ tokens: ValueID, _ network: TokenizerNetwork, _ rows: Dim, _ columns: Dim) throws -> ValueID {
        switch network {
        case .vision(let vision): return try visionDecoder(tokens, vision, rows, columns)
        case .mlp(let mlp, let channels):
            let vectors = try pointwiseMLP(tokens, "decoder", mlp, mlp.width, channels)
            return try map(fromTokens: vectors, rows, columns, name: "decoder")
        }
    }
}
