import IR
import Runtime
import TestSupport
import Testing

@testable import FourMModels
@testable import FourMSettings

/// Every modality of the published models, from a small checkpoint with the names and shapes of the reference's modules.
@Suite struct ZooTests {
    static let names = SyntheticModel.zoo.map(\.name)

    /// A model of one modality, and of depth tokens as a target where it is none itself.
    private static func model(_ name: String) throws -> (SyntheticModel, SyntheticModel.Modality) {
        let modality = try #require(SyntheticModel.zoo.first { $0.name == name })
        let depth = SyntheticModel.Modality("tok_depth@64", .tokens(vocabulary: 9), positions: 16)
        return (SyntheticModel(modality.isOutput ? [modality] : [modality, depth]), modality)
    }

    @Test func theZooIsTheTable() {
        let table = ModalityTable.standard.modalities.filter { $0.isInput || $0.isOutput }
        #expect(Set(table.map(\.name)) == Set(Self.names))
    }

    @Test(arguments: names)
    func factsAreThoseOfTheTable(_ name: String) throws {
        let (synthetic, modality) = try Self.model(name)
        let info = try ModalityTable.standard.info(name)
        let found = try #require(try ModelModality.read(synthetic.module())[name])
        #expect(found.isInput && found.isOutput == info.isOutput)
        switch info.kind {
        case .image:
            #expect(found.kind == (info.decoder == nil ? .pixels : .imageTokens))
            let side = try #require(info.gridSide())
            #expect(found.grid?.rows == side && found.grid?.columns == side && modality.positions == side * side)
            #expect(found.maxTokens == info.tokenCount())
            #expect(found.imageSize?.height == info.inputSize ?? 224)
        case .sequence:
            #expect(found.kind == .sequence && found.maxLength == info.maxLength && found.maxTokens == info.maxTokens)
        case .sequenceEmbedding: #expect(found.kind == .sequenceEmbedding && found.maxTokens == info.maxTokens)
        default: Issue.record("\(info.kind)")
        }
    }

    @Test(arguments: names)
    func encodesDecodesAndPredicts(_ name: String) throws {
        let (synthetic, modality) = try Self.model(name)
        let model = try synthetic.model()
        let given = try Given(modality, synthetic)
        var set = ModalitySet()
        set[name] = given.batch
        let state = try model.encode(set)
        #expect(largestDifference(given.checked(state.tokens), given.tokens) < 1e-5)
        #expect(largestDifference(given.checked(state.embeddings), given.embeddings) < 1e-6)
        #expect(state.output.shape == [2, given.count, 8] && state.output.floats.allSatisfy(\.isFinite))
        let target = modality.isOutput ? modality : synthetic.modalities[1]
        let logits = try Self.logits(model, target, state)
        #expect(logits.shape == [2, 5, target.vocabulary] && logits.floats.allSatisfy(\.isFinite))
        // Another input, other logits.
        set[name] = try Given(modality, synthetic, seed: 99, isExpected: false).batch
        #expect(try Self.logits(model, target, model.encode(set)) != logits)
    }

    /// Logits of five positions: queries of a grid, or a causal pass over a text.
    private static func logits(_ model: FourMModel, _ target: SyntheticModel.Modality, _ state: EncoderState) throws -> Tensor {
        let positions = [[0, 3, 7, 9, 15], [15, 1, 2, 3, 4]]
        if case .tokens = target.content { return try model.logits(target.name, positions: positions, state) }
        let (y, _) = try model.embedded(
            target.name, ids: [[5, 9, 3, 2, 1], [5, 6, 7, 8, 9]], positions: [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]])
        let causal = (0..<50).map { $0 % 5 > $0 / 5 % 5 }
        return try model.logits(target.name, model.decode(y, state, selfMask: Tensor(bools: causal, [2, 5, 5])))
    }

    /// Decoder positions from the maximum length on are that of 0: `human_poses` generates up to 275 tokens with 263 positions.
    @Test(arguments: ["human_poses", "color_palette"])
    func decoderPositionsBeyondTheLengthAreZero(_ name: String) throws {
        let (synthetic, _) = try Self.model(name)
        let model = try synthetic.model()
        let length = try #require(ModalityTable.standard[name]?.maxLength)
        let beyond = try model.embedded(name, ids: [[4, 4, 4]], positions: [[0, length - 1, length]]).emb.floats
        #expect(beyond[0..<8] == beyond[16..<24] && beyond[0..<8] != beyond[8..<16])
    }

    /// Learned 1-D positions have as many rows as the text may have tokens, not 512.
    @Test func learnedTablesWrapToo() throws {
        let synthetic = SyntheticModel([.init("color_palette", .text(vocabulary: 20), positions: 23)])
        let emb = try synthetic.model().embedded("color_palette", ids: [[4, 4]], positions: [[0, 23]]).emb.floats
        #expect(emb[0..<8] == emb[8..<16])
    }

    @Test func bottlenecksOfEmbeddedTextsAreRead() throws {
        let modality = SyntheticModel.Modality("t5_caption", .vectors(width: 12, bottleneck: 5), positions: 512)
        let synthetic = SyntheticModel([modality, .init("caption", .text(vocabulary: 20), positions: 512)])
        let given = try Given(modality, synthetic)
        var set = ModalitySet()
        set["t5_caption"] = given.batch
        let state = try synthetic.model().encode(set)
        #expect(largestDifference(state.tokens.floats, given.tokens) < 1e-5)
    }
}

extension SyntheticModel.Modality {
    var vocabulary: Int {
        switch content {
        case .tokens(let size), .text(let size): size
        case .pixels, .vectors: 0
        }
    }
}

/// Two random samples of a modality, and what its embedding module makes of them, written out in double precision.
private struct Given {
    var batch: ModalityBatch
    /// [2, count, dim], token and position + modality embeddings of the visible tokens; of pixels those of every 13th token.
    var tokens: [Double] = []
    var embeddings: [Double] = []
    let count: Int
    private var interval = 1
    private let weights: [String: [Double]]
    private let prefix: String
    private let dim: Int

    init(_ modality: SyntheticModel.Modality, _ model: SyntheticModel, seed: UInt64 = 5, isExpected: Bool = true) throws {
        var random = SampleTensors(seed: seed)
        weights = model.tensors().filter { $0.key.hasPrefix("encoder_embeddings.") }.mapValues(\.doubles)
        prefix = "encoder_embeddings.\(modality.name)"
        dim = model.dim
        switch modality.content {
        case .pixels(let channels, let patch):
            count = modality.positions
            let side = Int(Double(count).squareRoot()) * patch
            let pixels = random.floats([2, channels, side, side])
            batch = .given(pixels: pixels, patches: count)
            interval = 13
            for row in 0..<(isExpected ? 2 : 0) {
                let image = pixels.row(row).doubles
                for token in stride(from: 0, to: count, by: interval) {
                    project(Given.patch(image, token, channels, side, patch), "proj")
                    place(token)
                }
            }
        case .tokens(let vocabulary):
            count = modality.positions
            let ids = random.integers([2, count], 0...vocabulary - 1).integers
            batch = .given(tokens: [Array(ids[..<count]), Array(ids[count...])])
            for (index, id) in ids.enumerated() { take(id, at: index % count) }
        case .text(let vocabulary):
            count = 6
            let ids = random.integers([2, 8], 0...vocabulary - 1).integers
            // Positions count what is visible.
            let mask = [Bool](repeating: false, count: 8).indices.map { $0 == 1 || $0 == 4 }
            let rows = [Array(ids[..<8]), Array(ids[8...])]
            batch = ModalityBatch(.tokens(rows), inputMask: [mask, mask], targetMask: [mask.map { !$0 }, mask.map { !$0 }])
            for row in rows { for (place, id) in row.indices.filter({ !mask[$0] }).map({ row[$0] }).enumerated() { take(id, at: place) } }
        case .vectors(let width, let bottleneck):
            count = 3
            let vectors = random.floats([2, 5, width])
            let mask = [false, true, false, true, false]
            batch = ModalityBatch(.embeddings(vectors), inputMask: [mask, mask], targetMask: [mask.map { !$0 }, mask.map { !$0 }])
            let values = vectors.doubles
            for row in 0..<2 {
                for (seen, index) in [0, 2, 4].enumerated() {
                    let start = (row * 5 + index) * width
                    let vector = Array(values[start..<start + width])
                    if bottleneck == nil { project(vector, "emb_proj") } else { project(linear(vector, "emb_proj.0"), "emb_proj.1") }
                    place(seen)
                }
            }
        }
    }

    /// The rows of `tensor` [2, count, dim] that are written out here.
    func checked(_ tensor: Tensor) -> [Float] {
        let values = tensor.floats
        return (0..<2 * count).filter { $0 % count % interval == 0 }.flatMap { values[$0 * dim..<($0 + 1) * dim] }
    }

    private static func patch(_ image: [Double], _ token: Int, _ channels: Int, _ side: Int, _ patch: Int) -> [Double] {
        let columns = side / patch
        return (0..<patch * patch * channels).map { index in
            let (pixel, channel) = (index / channels, index % channels)
            let (y, x) = (token / columns * patch + pixel / patch, token % columns * patch + pixel % patch)
            return image[(channel * side + y) * side + x]
        }
    }

    private func row(_ name: String, _ index: Int) -> [Double] {
        let values = weights["\(prefix).\(name)"] ?? []
        return Array(values[index * dim..<(index + 1) * dim])
    }

    private func linear(_ x: [Double], _ name: String) -> [Double] {
        let weight = weights["\(prefix).\(name).weight"] ?? []
        let bias = weights["\(prefix).\(name).bias"]
        return (0..<weight.count / x.count).map { out in
            var sum: Double = bias?[out] ?? 0
            for index in x.indices { sum += x[index] * weight[out * x.count + index] }
            return sum
        }
    }

    private mutating func project(_ x: [Double], _ name: String) { tokens += linear(x, name) }

    private mutating func take(_ id: Int, at position: Int) {
        tokens += row("token_emb.weight", id)
        place(position)
    }

    private mutating func place(_ position: Int) { embeddings += zip(row("pos_emb", position), row("mod_emb", 0)).map { $0 + $1 } }
}
