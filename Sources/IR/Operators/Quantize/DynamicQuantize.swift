/// Rounding to 8 bits with a scale that the values themselves decide.
package struct DynamicQuantize: TensorOperator {
    package static let opName = "dynamic_quantize"

    package static let documentation = OperatorDocumentation(
        "Levels 0…255 of the range from the smallest to the largest element and 0, which one of the levels stands for exactly. Everything is "
            + "rounded as f32; of a range that is 0 the scale is 1/255. Where the range is no number, or infinite, levels follow from "
            + "the same formula, NaN becoming 0. per_row: each row of the last dimension has a range of its own; 1 / scale is rounded and "
            + "multiplied with, a range next to 0 has the scale 1, and one that is not finite levels 0 and the scale NaN. "
            + "symmetric, of rows: levels -127…127 of the largest magnitude, without a zero point.",
        formula: "scale = (max(x, 0) - min(x, 0)) / 255; zero = round(-min(x, 0) / scale); y = clamp(round(x / scale) + zero, 0, 255); "
            + "symmetric: scale = max |x| / 127; y = round(x / scale)",
        operands: ["x: f32[…]"],
        results: [
            "y: u8[…]; symmetric: i8[…]", "scale: f32[]; per_row: shape of x, 1 for its last size",
            "zero: u8, shape of scale; not if symmetric",
        ],
        attributes: ["per_row": "default false: one range for all of x", "symmetric": "default false; wants per_row"],
        onnx: "DynamicQuantizeLinear, if not per_row")

    package let perRow: Bool

    package let isSymmetric: Bool

    package init(perRow: Bool = false) { (self.perRow, isSymmetric) = (perRow, false) }

    private init(symmetric: Void) { (perRow, isSymmetric) = (true, true) }

    /// Of rows, without zero points.
    package static let symmetricRows = DynamicQuantize(symmetric: ())

    package init(reading attributes: inout AttributeReader) throws {
        perRow = try attributes.bool("per_row")
        isSymmetric = try attributes.bool("symmetric")
        if isSymmetric, !perRow { throw AttributeError("symmetric is for rows: dynamic_quantize wants per_row too") }
    }

    package var attributes: Attributes {
        var fields: Attributes = perRow ? ["per_row": .bool(true)] : [:]
        if isSymmetric { fields["symmetric"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.dtype(x, .f32, "x")
        guard perRow else { return [TensorType(.u8, x.shape), TensorType(.f32, []), TensorType(.u8, [])] }
        guard x.rank > 0 else { throw InferenceError("x must have rows, not be \(x)") }
        let rows: [Dim] = x.shape.dropLast() + [1]
        if isSymmetric { return [TensorType(.i8, x.shape), TensorType(.f32, rows)] }
        return [TensorType(.u8, x.shape), TensorType(.f32, rows), TensorType(.u8, rows)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) } * 6, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        if perRow { return isSymmetric ? DynamicQuantize.symmetricRows(x) : DynamicQuantize.rows(x) }
        let values = x.floats
        let hasNaN = values.contains { $0.isNaN }
        let (low, high) = hasNaN ? (Float.nan, .nan) : (min(values.min() ?? 0, 0), max(values.max() ?? 0, 0))
        let range = high - low
        let scale = (range == 0 ? 1 : range) / 255
        let zero = DynamicQuantize.level((-(low / scale)).rounded(.toNearestOrEven))
        let levels = values.map { DynamicQuantize.level(($0 / scale).rounded(.toNearestOrEven) + Float(zero)) }
        return [
            Tensor(integers: levels, x.shape, as: .u8), Tensor([scale], []), Tensor(integers: [zero], [], as: .u8),
        ]
    }

    private static func rows(_ x: Tensor) -> [Tensor] {
        let (values, depth) = (x.floats, x.shape.last ?? 1)
        let shape: [Int] = x.shape.dropLast() + [1]
        let rows = (0..<shape.reduce(1, *)).map { QuantizedProduct.Row(values[($0 * depth)..<(($0 + 1) * depth)]) }
        return [
            Tensor(integers: rows.flatMap { row in row.centered.map { $0 + row.zero } }, x.shape, as: .u8),
            Tensor(rows.map(\.scale), shape), Tensor(integers: rows.map(\.zero), shape, as: .u8),
        ]
    }

    private static func symmetricRows(_ x: Tensor) -> [Tensor] {
        let (values, depth) = (x.floats, x.shape.last ?? 1)
        let shape: [Int] = x.shape.dropLast() + [1]
        let rows = (0..<shape.reduce(1, *)).map { QuantizedProduct.SymmetricRow(values[($0 * depth)..<(($0 + 1) * depth)]) }
        return [Tensor(integers: rows.flatMap(\.levels), x.shape, as: .i8), Tensor(rows.map(\.scale), shape)]
    }

    /// As a conversion to u8: NaN is 0, what is beyond the range its end.
    private static func level(_ value: Float) -> Int { value.isNaN ? 0 : Int(min(max(value, 0), 255)) }
}
