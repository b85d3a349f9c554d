/// Words without those that say nothing, in one case.
package struct StringNormalize: Operator {
    package static let opName = "string_normalize"

    package static let documentation = OperatorDocumentation(
        "Drops stop words and changes case. Where nothing is left, one empty string is.",
        formula: "y = (cased(x[i]): x[i] is no stop word)", operands: ["x: string[n] or string[1, n]"],
        results: ["y: string[how many] or string[1, how many]"],
        attributes: [
            "case": "lower, upper or none, which is the default", "stop_words": "words that go, default none",
            "case_sensitive": "whether stop words must have the same case, default false",
        ],
        onnx: "StringNormalizer; the locale does not matter")

    package enum Case: String, Sendable, CaseIterable { case lower, upper, none }

    package let casing: Case
    package let stopWords: [String]
    package let isCaseSensitive: Bool

    package init(_ casing: Case, stopWords: [String], isCaseSensitive: Bool) {
        (self.casing, self.stopWords, self.isCaseSensitive) = (casing, stopWords, isCaseSensitive)
    }

    package init(reading attributes: inout AttributeReader) throws {
        casing = try attributes.choice("case", default: Case.none)
        stopWords = try attributes.strings("stop_words", default: [])
        isCaseSensitive = try attributes.bool("case_sensitive")
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if casing != .none { fields["case"] = .string(casing.rawValue) }
        if !stopWords.isEmpty { fields["stop_words"] = .strings(stopWords) }
        if isCaseSensitive { fields["case_sensitive"] = .bool(true) }
        return fields
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.text(operands)
        guard x.rank == 1 || x.rank == 2 && x.shape[0].value.map({ $0 == 1 }) ?? true else {
            throw InferenceError("x must be string[n] or string[1, n], not \(x)")
        }
        return [.tensor(x.with(shape: x.shape.dropLast() + [try context.newSize()]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let x = try Check.tensor(operands, 0)
        guard x.rank == 1 || x.shape[0] == 1 else { throw EvaluationError("\(x.type) has more than one row") }
        // Compared byte by byte.
        func key(_ word: String) -> [UInt8] { Array((isCaseSensitive ? word : word.lowercased()).utf8) }
        let stops = Set(stopWords.map(key))
        let kept = x.strings.filter { !stops.contains(key($0)) }.map(cased)
        let words = kept.isEmpty ? [""] : kept
        return [.tensor(Tensor(strings: words, x.shape.dropLast() + [words.count]))]
    }

    private func cased(_ text: String) -> String {
        switch casing {
        case .lower: text.lowercased()
        case .upper: text.uppercased()
        case .none: text
        }
    }
}
