/// Strings cut into parts.
package struct StringSplit: Operator {
    package static let opName = "string_split"

    package static let documentation = OperatorDocumentation(
        "Cuts each string at a delimiter. Strings of fewer parts than others have empty strings behind them.",
        formula: "x[i] = y[i, 0] delimiter y[i, 1] delimiter …, with counts[i] parts", operands: ["x: string[…]"],
        results: ["y: string[…, parts of the string that has most]", "counts: i64[…]"],
        attributes: [
            "delimiter": "what stands between parts; without it any run of white space does, and none at the ends counts; default none",
            "most": "the number of cuts after which the rest stays whole; default no bound",
        ],
        onnx: "StringSplit")

    package let delimiter: String
    package let most: Int?

    package init(delimiter: String = "", most: Int? = nil) { (self.delimiter, self.most) = (delimiter, most) }

    package init(reading attributes: inout AttributeReader) throws {
        delimiter = try attributes.string("delimiter", default: "")
        most = try attributes.optionalInt("most")
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if !delimiter.isEmpty { fields["delimiter"] = .string(delimiter) }
        if let most { fields["most"] = .int(most) }
        return fields
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 1...1)
        let x = try Check.text(operands)
        return [.tensor(x.with(shape: x.shape + [try context.newSize()])), .tensor(TensorType(.i64, x.shape))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let x = try Check.tensor(operands, 0)
        let parts = x.strings.map(delimiter.isEmpty ? words : pieces)
        let width = parts.map(\.count).max() ?? 0
        let padded = parts.flatMap { $0 + [String](repeating: "", count: width - $0.count) }
        return [.tensor(Tensor(strings: padded, x.shape + [width])), .tensor(Tensor(integers: parts.map(\.count), x.shape))]
    }

    /// Runs of characters that are no white space; what is left behind the last cut keeps its inner white space.
    private func words(_ text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var (result, position): ([String], Int) = ([], 0)
        while true {
            while position < scalars.count, scalars[position].properties.isWhitespace { position += 1 }
            if position == scalars.count { return result }
            var end = position
            if let most, most >= 0, result.count == most {
                end = scalars.count
                while end > position, scalars[end - 1].properties.isWhitespace { end -= 1 }
                return result + [string(scalars[position..<end])]
            }
            while end < scalars.count, !scalars[end].properties.isWhitespace { end += 1 }
            result.append(string(scalars[position..<end]))
            position = end
        }
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// Bytes between delimiters.
    private func pieces(_ text: String) -> [String] {
        let (bytes, mark) = (Array(text.utf8), Array(delimiter.utf8))
        var (result, start, position): ([String], Int, Int) = ([], 0, 0)
        while position + mark.count <= bytes.count, most.map({ $0 < 0 || result.count < $0 }) ?? true {
            if bytes[position..<(position + mark.count)].elementsEqual(mark) {
                result.append(String(decoding: bytes[start..<position], as: UTF8.self))
                position += mark.count
                start = position
            } else {
                position += 1
            }
        }
        return result + [String(decoding: bytes[start...], as: UTF8.self)]
    }
}
