/// Elements translated by a table.
package struct Lookup: Operator {
    package static let opName = "lookup"

    package static let documentation = OperatorDocumentation(
        "Translates each element by a table; of equal keys the last counts, NaN equals itself.",
        formula: "y[i] = values[j] where keys[j] = x[i], default where there is none",
        operands: ["x: any[…]", "keys: dtype of x[n]", "values: any[n]", "default: dtype of values[1]"], results: ["y: dtype of values[…]"],
        onnx: "LabelEncoder, CategoryMapper")

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 4...4)
        let (x, keys) = (try Check.tensor(operands, 0, "x"), try Check.tensor(operands, 1, "keys"))
        let (values, fallback) = (try Check.tensor(operands, 2, "values"), try Check.tensor(operands, 3, "default"))
        try Check.dtype(keys, x.dtype, "keys")
        try Check.rank(keys, 1...1, "keys")
        try Check.shape(values, keys.shape, "values")
        try Check.dtype(fallback, values.dtype, "default")
        try Check.shape(fallback, [1], "default")
        return [.tensor(TensorType(values.dtype, x.shape))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let (x, keys) = (try Check.tensor(operands, 0), try Check.tensor(operands, 1))
        let (values, fallback) = (try Check.tensor(operands, 2), try Check.tensor(operands, 3))
        let table = Dictionary(zip(Lookup.keys(keys), 0...), uniquingKeysWith: { _, last in last })
        let places = Lookup.keys(x).map { table[$0] ?? keys.count }
        let picked = try Tensor.joined([values, fallback]).picking([places.count]) { places[$0[0]] }
        return [.tensor(try picked.shaped(x.shape))]
    }

    private enum Key: Hashable {
        case text([UInt8])
        case integer(Int)
        /// Bits: zeros and NaN are one each.
        case float(UInt64)
    }

    private static func keys(_ tensor: Tensor) -> [Key] {
        if tensor.dtype == .string { return tensor.strings.map { .text(Array($0.utf8)) } }
        guard tensor.dtype.isFloat else { return tensor.integers.map { .integer($0) } }
        return tensor.doubles.map { .float($0.isNaN ? Double.nan.bitPattern : $0 == 0 ? 0 : $0.bitPattern) }
    }
}
