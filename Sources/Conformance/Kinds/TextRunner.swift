/// The text tokenizer, span merging, and the structures that texts stand for.
enum TextRunner: CaseRunner {
    static let kinds = ["text_tokenizer", "span_merge", "structures"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (json, tokenizer) = (try golden.dataFile(), try golden.textTokenizer())
        let failures: [String] =
            switch golden.kind {
            case "text_tokenizer": compareTextTokenizerCase(json: json, tokenizer: tokenizer)
            case "span_merge": compareSpanMergeCase(json: json, tokenizer: tokenizer)
            default:
                compareStructuresCase(
                    json: json, tokenizer: tokenizer,
                    tolerance: golden.tolerance)
            }
        // Files without entries are among the failures, so a case that passes has compared something.
        report.add(failures, checks: 1)
    }
}
