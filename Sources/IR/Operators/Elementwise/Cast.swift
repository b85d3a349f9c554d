/// Conversion to another element type.
package struct Cast: TensorOperator {
    package static let opName = "cast"

    package static let documentation = OperatorDocumentation(
        "Converts elements to another dtype: float to integer truncates towards zero and saturates (NaN gives 0), anything to float rounds "
            + "once to nearest even, integer to integer wraps, to bool is x ≠ 0; texts are read and written. To floats of 8 bits and fewer it saturates, infinities too.",
        formula: "y = to(x)", operands: ["x: any[…]"], results: ["y: to[…]"],
        attributes: [
            "to": "the new dtype",
            "saturate": "default true; false: what a float of 8 bits does not hold becomes infinite, or NaN where there is no infinity",
            "round_mode": "to f8e8m0, which holds powers of two of the magnitude: 'up' (default), 'down' or 'nearest'",
        ],
        onnx: "Cast")

    package static let facts: OperatorFacts = [.elementwise, .differentiable]

    package let to: DType
    package let saturate: Bool
    package let rounding: NarrowFloat.Rounding

    package init(to: DType, saturate: Bool = true, rounding: NarrowFloat.Rounding = .up) {
        (self.to, self.saturate, self.rounding) = (to, saturate, rounding)
    }

    package init(reading attributes: inout AttributeReader) throws {
        to = try attributes.dtype("to")
        saturate = try attributes.bool("saturate", default: true)
        rounding = try attributes.choice("round_mode", default: .up)
    }

    package var attributes: Attributes {
        var fields: Attributes = ["to": .dtype(to)]
        if !saturate { fields["saturate"] = .bool(false) }
        if rounding != .up { fields["round_mode"] = .string(rounding.rawValue) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        return [x.with(dtype: to)]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        if x.dtype == to { return [x] }
        if x.dtype == .string { return [try Cast.numbers(x, to)] }
        if to == .string { return [Tensor(strings: Cast.texts(x), x.shape)] }
        if let format = to.narrowFloat, !saturate || rounding != .up {
            return [Tensor(x.doubles, x.shape, as: format, to, saturating: saturate, rounding: rounding)]
        }
        return [Tensor(x.elements, x.shape, as: to)]
    }

    /// Integers exactly where both are; "inf", "+inf", "-inf" and "nan" in any case.
    private static func numbers(_ x: Tensor, _ to: DType) throws -> Tensor {
        let texts = x.strings.map { $0.filter { !$0.isWhitespace } }
        if to == .u64, texts.allSatisfy({ UInt($0) != nil }) { return Tensor(naturals: texts.compactMap { UInt($0) }, x.shape) }
        if to.isInteger, texts.allSatisfy({ Int($0) != nil }) { return Tensor(integers: texts.compactMap { Int($0) }, x.shape, as: to) }
        let values = try texts.map { text in
            guard let value = Double(text.lowercased()) else { throw EvaluationError("'\(text)' is no number") }
            return value
        }
        return Tensor(values, x.shape, as: to)
    }

    /// The shortest text that reads back to the same element.
    private static func texts(_ x: Tensor) -> [String] {
        if x.dtype == .bool { return x.bools.map { $0 ? "True" : "False" } }
        return x.dtype == .f64 || !x.dtype.isFloat ? x.strings : x.floats.map(\.description)
    }
}
