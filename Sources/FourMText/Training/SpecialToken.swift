/// A token that a vocabulary has whatever the text says, and that is found in texts before words are cut.
package struct SpecialToken: Sendable, Hashable {
    package var content: String
    /// Found only between characters that are no part of a word.
    package var isSingleWord: Bool
    /// Looked for in normalised text; otherwise in the text as it came.
    package var isNormalized: Bool

    package init(_ content: String, isSingleWord: Bool = false, isNormalized: Bool = false) {
        (self.content, self.isSingleWord, self.isNormalized) = (content, isSingleWord, isNormalized)
    }
}

extension SpecialToken {
    /// The special tokens of a 4M vocabulary in the order of their ids: padding, unknown, start and end, sentinels of masked spans,
    /// numbers of boxes, poses, colours and metadata, and names of objects.
    ///
    /// Source: `train_unified_wordpiece_tokenizer` in `fourm/utils/tokenizer/text_tokenizer.py`.
    /// - Parameters:
    ///   - sentinels: how many of `[S_0]`, `[S_1]`, ….
    ///   - coordinateBins: how many of each of `v0=0`, …, `v1=0`, …, `v2=0`, …, `v3=0`, ….
    ///   - objectClasses: names that boxes carry, such as `traffic light`.
    package static func fourM(sentinels: Int, coordinateBins: Int, objectClasses: [String]) -> [SpecialToken] {
        var tokens = [padding, unknown, start, end].map { SpecialToken($0) }
        tokens += (0..<max(sentinels, 0)).map { SpecialToken("[S_\($0)]", isSingleWord: true) }
        for name in ["v0", "v1", "v2", "v3"] {
            tokens += (0..<max(coordinateBins, 0)).map { SpecialToken("\(name)=\($0)", isSingleWord: true) }
        }
        return tokens + objectClasses.map { SpecialToken($0, isSingleWord: true, isNormalized: true) }
    }

    static let padding = "[PAD]"
    static let unknown = "[UNK]"
    static let start = "[SOS]"
    static let end = "[EOS]"
}
