import Formats
import Foundation
import FourMText

/// Compares the tokenizer with a golden file of kind `text_tokenizer`; strings by code points.
///
/// - Parameters:
///   - json: the case's data file (`parameters.file`).
///   - tokenizer: the vocabulary that the case names.
/// - Returns: one line for each difference, none when all is equal.
package func compareTextTokenizerCase(json: Data, tokenizer: TextTokenizer) -> [String] {
    var file = ConformanceFile(json)
    for (index, entry) in file.entries("encode").enumerated() {
        let place = "encode[\(index)]"
        guard let text = entry["text"]?.string else {
            file.fail("\(place): no text")
            continue
        }
        let found = tokenizer.encode(text)
        file.expect(found.ids, entry["ids"]?.ints, "\(place).ids")
        file.expect(found.tokens.map(scalars), entry["tokens"]?.strings?.map(scalars), "\(place).tokens")
        compareDecoding(found.ids, entry, tokenizer, place, &file)
    }
    for (index, entry) in file.entries("decode").enumerated() {
        compareDecoding(entry["ids"]?.ints ?? [], entry, tokenizer, "decode[\(index)]", &file)
    }
    return file.failures
}

/// Compares the merging of spans with a golden file of kind `span_merge`.
///
/// - Parameters:
///   - json: the case's data file (`parameters.file`).
///   - tokenizer: the 4M vocabulary, whose sentinels the file lists.
/// - Returns: one line for each difference, none when all is equal.
package func compareSpanMergeCase(json: Data, tokenizer: TextTokenizer) -> [String] {
    var file = ConformanceFile(json)
    let sentinels = tokenizer.sentinels
    let pairs = file.entries("sentinel_ids").compactMap(\.ints).filter { $0.count == 2 }.map { ($0[0], $0[1]) }
    file.expect(sentinels.idOfNumber, Dictionary(pairs, uniquingKeysWith: { first, _ in first }), "sentinel_ids")
    for (index, entry) in file.entries("cases").enumerated() {
        let place = "cases[\(index)]"
        guard let input = entry["input_ids"]?.ints, let decoded = entry["decoder_ids"]?.ints else {
            file.fail("\(place): no ids")
            continue
        }
        let merged = mergeSpans(input: input, decoded: decoded, sentinels: sentinels)
        file.expect(merged, entry["merged"]?.ints, "\(place).merged")
        let spans = sentinels.spans(of: decoded)
        let expected = entry["splits"]?.array
        file.expect(spans.map(\.sentinel), expected?.compactMap { $0.array?.first?.int }, "\(place).splits")
        file.expect(spans.map(\.ids), expected?.compactMap { $0.array?.last?.ints }, "\(place).splits")
    }
    return file.failures
}

private func compareDecoding(
    _ ids: [Int], _ entry: ConfigValue, _ tokenizer: TextTokenizer, _ place: String, _ file: inout ConformanceFile
) {
    file.expect(scalars(tokenizer.decode(ids)), entry["decoded"]?.string.map(scalars), "\(place).decoded")
    file.expect(
        scalars(tokenizer.decode(ids, skipSpecialTokens: true)), entry["decoded_skip_special"]?.string.map(scalars),
        "\(place).decoded_skip_special")
}

/// Swift strings are equal under canonical equivalence; their scalars are not.
private func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }
