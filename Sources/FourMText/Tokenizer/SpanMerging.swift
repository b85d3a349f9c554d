/// The tokens that follow one sentinel in a decoder sequence.
package struct SentinelSpan: Sendable, Equatable {
    package var sentinel: Int
    package var ids: [Int]
}

extension Sentinels {
    /// Cuts a decoder sequence at its sentinels.
    ///
    /// A sentinel that occurs again adds to its span. Tokens before the first sentinel belong to none and are dropped;
    /// sentinels that nothing follows have no span. Source: `split_by_sentinel`.
    ///
    /// - Returns: spans in the order in which their first tokens occur.
    package func spans(of decoded: [Int]) -> [SentinelSpan] {
        var spans: [SentinelSpan] = []
        var indexOfSentinel: [Int: Int] = [:]
        var current: Int?
        for id in decoded {
            if contains(id) {
                current = id
            } else if let current, let index = indexOfSentinel[current] {
                spans[index].ids.append(id)
            } else if let current {
                indexOfSentinel[current] = spans.count
                spans.append(SentinelSpan(sentinel: current, ids: [id]))
            }
        }
        return spans
    }
}

/// Replaces each sentinel of `input` by the tokens that follow that sentinel in `decoded`.
///
/// Spans of sentinels that `input` lacks are dropped, sentinels without a span vanish.
/// Source: `merge_span_masking` in `fourm/utils/tokenizer/text_tokenizer.py`.
package func mergeSpans(input: [Int], decoded: [Int], sentinels: Sentinels) -> [Int] {
    let spans = sentinels.spans(of: decoded).map { ($0.sentinel, $0.ids) }
    let idsOfSentinel = Dictionary(spans, uniquingKeysWith: { first, _ in first })
    return input.flatMap { id in sentinels.contains(id) ? idsOfSentinel[id] ?? [] : [id] }
}

/// Merges a generated decoder sequence into its prompt; an empty prompt stands for `[S_1]`.
///
/// A gap before the prompt's last token is filled with what was generated before `end`: what is known goes on behind it, and an end in the
/// middle would cut that off. The reference leaves it there. Source: `merge_sequences` in `fourm/models/generate.py`.
package func mergeGenerated(prompt: [Int], generated: [Int], sentinels: Sentinels, end: Int? = nil) -> [Int] {
    let input = prompt.isEmpty ? [sentinels.first].compactMap { $0 } : prompt
    guard let end else { return mergeSpans(input: input, decoded: generated, sentinels: sentinels) }
    var spans: [Int: [Int]] = [:]
    for span in sentinels.spans(of: generated) { spans[span.sentinel] = span.ids }
    return input.enumerated().flatMap { index, id -> [Int] in
        guard sentinels.contains(id) else { return [id] }
        let ids = spans[id] ?? []
        return index == input.count - 1 ? ids : idsBeforeEnd(ids, end: end)
    }
}

/// Rows of equal length with the padding marked.
package struct PaddedSequences: Sendable, Equatable {
    /// `[rows][length]` token ids.
    package var ids: [[Int]]
    /// `[rows][length]`, true where a row is padded (masked as input).
    package var isPadding: [[Bool]]

    /// Pads `rows` on the right with `padID` to the length of the longest.
    package init(padding rows: [[Int]], with padID: Int) {
        let length = rows.map(\.count).max() ?? 0
        ids = rows.map { $0 + Array(repeating: padID, count: length - $0.count) }
        isPadding = rows.map { row in (0..<length).map { $0 >= row.count } }
    }
}

/// The ids before the first `end` (all of them when there is none).
package func idsBeforeEnd(_ ids: [Int], end: Int) -> [Int] {
    Array(ids.prefix { $0 != end })
}

/// The runs of ids between `end` tokens; a run after the last `end` counts only when it is not empty.
package func splitAtEnd(_ ids: [Int], end: Int) -> [[Int]] {
    var runs = ids.split(separator: end, omittingEmptySubsequences: false).map { Array($0) }
    if runs.last?.isEmpty == true { runs.removeLast() }
    return runs
}
