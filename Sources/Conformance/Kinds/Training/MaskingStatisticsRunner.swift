import Foundation
import FourMSettings
import FourMTraining
import IR

/// Masking with random numbers of our own: means, shares and quantiles within standard errors of the reference's, and rules that hold in
/// every draw.
enum MaskingStatisticsRunner: CaseRunner {
    static let kinds = ["masking-statistics"]
    /// Draws of our own.
    static let draws = 20_000

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let setup = try MaskingSetup(try golden.object("setup.json"))
        var counts = MaskingCounts(setup)
        let stream = CounterRandom(seed: 0x4d61_736b)
        for draw in 0..<draws {
            let sample = setup.sample(draw)
            let result = try setup.masking.mask(sample, stream.substream(UInt64(draw)))
            counts.add(result, sample, &report)
        }
        var comparison = StatisticsComparison(reference: try golden.object("statistics.json"))
        try comparison.compare(counts, setup)
        report.add(comparison.failures, checks: comparison.checks)
        report.addError(comparison.largest.errors, "standard errors, \(comparison.largest.name)")
    }
}

extension GoldenCase {
    /// A JSON object of the case's folder.
    func object(_ name: String) throws -> Parameters {
        let data = try Data(contentsOf: file(name))
        guard let json = try JSONSerialization.jsonObject(with: data) as? Parameters else {
            throw ConformanceError("\(file(name).path) is no JSON object")
        }
        return json
    }
}

/// The `setup.json` of a case: a masking, and texts that are masked in turn.
struct MaskingSetup {
    let masking: UnifiedMasking
    let vocabulary: TextMaskingVocabulary
    /// Token ids by modality, for those that are texts.
    private let texts: [String: [[Int]]]

    init(_ json: Parameters) throws {
        texts = json["token_ids"] as? [String: [[Int]]] ?? [:]
        let sentinels = try json.section("sentinel_ids")
        vocabulary = TextMaskingVocabulary(
            first: try sentinels.integer("first_id"), count: try sentinels.integer("count"), endID: try json.integer("eos_id"),
            paddingID: try json.integer("pad_id"))
        let info = try json.section("modality_info")
        // Foundation does not keep the order of keys, on which nothing here depends.
        let modalities = try info.keys.sorted().map { try MaskingSetup.modality($0, info.section($0)) }
        masking = try UnifiedMasking(
            modalities, inputTokens: try MaskingSetup.range(json, "input_tokens_range"),
            targetTokens: json["target_tokens_range"] is NSNull ? nil : try MaskingSetup.range(json, "target_tokens_range"),
            weights: json["sampling_weights"] as? [Double], vocabulary: vocabulary)
    }

    private static func modality(_ name: String, _ json: Parameters) throws -> ModalityMasking {
        guard let kind = ModalityKind(rawValue: try json.text("type")) else { throw ConformanceError("\(name): unknown type") }
        let keep = try (json["keep"] as? [String])?.map { name throws -> KeepScheme in
            guard let scheme = KeepScheme(rawValue: name) else { throw ConformanceError("unknown keep scheme '\(name)'") }
            return scheme
        }
        return ModalityMasking(
            name: name, kind: kind, minTokens: try json.integer("min_tokens"), maxTokens: try json.integer("max_tokens"),
            inputAlphas: try json.numbers("input_alphas"), targetAlphas: try json.numbers("target_alphas"), keep: keep,
            vocabularyOffset: json["vocab_offset"] as? Int ?? 0)
    }

    private static func range(_ json: Parameters, _ key: String) throws -> ClosedRange<Int> {
        let ends = try json.integers(key)
        guard ends.count == 2, ends[0] <= ends[1] else { throw ConformanceError("'\(key)' is no range") }
        return ends[0]...ends[1]
    }

    /// The sample of a draw: each text modality takes its texts in turn.
    func sample(_ draw: Int) -> [MaskingSample] {
        masking.modalities.map { modality in
            guard modality.kind != .image else { return .image }
            let own = texts[modality.name] ?? [[]]
            let ids = own[draw % own.count]
            return modality.kind == .sequence ? .text(ids) : .tokens(ids)
        }
    }
}
