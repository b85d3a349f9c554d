/// A text modality as text: what was given, what was predicted, and both merged.
package struct DecodedText: Sendable, Equatable, Codable {
    package var input: String
    package var target: String
    package var merged: String
}

extension TextTokenizer {
    /// Id of `[EOS]`, which ends a sequence.
    package var endID: Int? { id(for: "[EOS]") }
    /// Id of `[PAD]`.
    package var paddingID: Int? { id(for: "[PAD]") }

    /// Turns one row of a text modality into text, special tokens included.
    ///
    /// Source: `decode_text` in `fourm/utils/plotting_utils.py`.
    ///
    /// - Parameters:
    ///   - ids: `[length]` token ids.
    ///   - inputMask: `[length]`, false where a token is an encoder input; missing entries count as true.
    ///   - targetMask: `[length]`, false where a token is (or was) to be predicted; missing entries count as true.
    package func decodeText(ids: [Int], inputMask: [Bool], targetMask: [Bool]) -> DecodedText {
        let input = zip(ids, inputMask).filter { !$0.1 }.map(\.0)
        let target = zip(ids, targetMask).filter { !$0.1 }.map(\.0)
        let merged = mergeSpans(input: input, decoded: target, sentinels: sentinels)
        return DecodedText(input: decode(input), target: decode(target), merged: decode(merged))
    }
}
