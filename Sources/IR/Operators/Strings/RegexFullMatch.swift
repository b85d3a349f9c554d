/// Strings tested against a pattern.
package struct RegexFullMatch: Operator {
    package static let opName = "regex_full_match"

    package static let documentation = OperatorDocumentation(
        "Whether a whole string matches a regular expression.", formula: "y[i] = x[i] ∈ L(pattern)", operands: ["x: string[…]"],
        results: ["y: bool[…]"],
        attributes: ["pattern": "in the syntax of RE2: code points, and \\d, \\w and \\s of ASCII alone"], onnx: "RegexFullMatch")

    package let pattern: String

    package init(_ pattern: String) { self.pattern = pattern }

    package init(reading attributes: inout AttributeReader) throws { pattern = try attributes.string("pattern") }

    package var attributes: Attributes { ["pattern": .string(pattern)] }

    private func regex() throws -> Regex<AnyRegexOutput> {
        try Regex(pattern).matchingSemantics(.unicodeScalar).asciiOnlyDigits().asciiOnlyWordCharacters().asciiOnlyWhitespace()
            .wordBoundaryKind(.simple)
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.text(operands)
        do { _ = try regex() } catch { throw InferenceError("'\(pattern)' is no regular expression: \(error)") }
        return [.tensor(TensorType(.bool, x.shape))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let x = try Check.tensor(operands, 0)
        let regex = try regex()
        return [.tensor(Tensor(bools: try x.strings.map { try regex.wholeMatch(in: $0) != nil }, x.shape))]
    }
}
