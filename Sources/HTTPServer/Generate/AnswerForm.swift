import HTTPTypes

/// In which form an answer is wanted.
enum AnswerForm: String, CaseIterable {
    case json = "application/json"
    case events = "text/event-stream"
    case png = "image/png"

    /// - Parameter accept: the request's `Accept`; without it JSON is meant.
    /// - Throws: ``AnswerError`` 406 if none of the forms will do.
    init(accept: String?) throws(AnswerError) {
        guard let accept, !accept.allSatisfy(\.isWhitespace) else {
            self = .json
            return
        }
        let ranges = accept.split(separator: ",").map { AnswerForm.Range($0) }
        let best = AnswerForm.allCases.map { form in (form, ranges.compactMap { $0.quality(form) }.max { $0.precision < $1.precision }) }
            .compactMap { form, found in found.map { (form: form, quality: $0.quality, precision: $0.precision) } }
            .filter { $0.quality > 0 }
            .sorted { ($0.quality, Double($0.precision)) > ($1.quality, Double($1.precision)) }
            .first
        guard let best else {
            throw AnswerError(.notAcceptable, "answers are application/json, text/event-stream or image/png, not '\(accept.prefix(200))'")
        }
        self = best.form
    }

    /// A part of `Accept`: `image/*;q=0.5`.
    private struct Range {
        let type: String
        let quality: Double

        init(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            type = parts.first ?? ""
            let given = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            quality = min(max(given ?? 1, 0), 1)
        }

        /// How much `form` is wanted, and how closely it is named; nil if it is not.
        func quality(_ form: AnswerForm) -> (quality: Double, precision: Int)? {
            if type == form.rawValue { return (quality, 2) }
            if type == "\(form.rawValue.prefix { $0 != "/" })/*" { return (quality, 1) }
            return type == "*/*" ? (quality, 0) : nil
        }
    }
}
