/// What ``QuantizedLinear`` and ``QuantizedGatedLinear`` share: products with weights of 8 or 4 bits.
///
/// A weight of 8 bits is its integer times the scale of its output. One of 4 bits has a scale, and perhaps a zero point, for each group of 32, 64 or 128
/// inputs of its output: (integer + 8 - zero) · scale, zero being 8 unless it is given.
///
/// Weight-only products leave x as it is. Otherwise rows of x (tokens) are rounded to 8 bits, each with a scale of its own. With weights of 8 bits:
///
///     s = (max(x, 0) - min(x, 0)) / 255, 1 if subnormal      z = round(-min(x, 0) / s)      q = clamp(round(x / s) + z, 0, 255)
///     product[n] = (Σ_k (q[k] - z) · weight[n, k]) · (s · scale[n])
///
/// and with weights of 4 bits:
///
///     s = max |x| / 127, 1 if subnormal      q = round(x / s)
///     product[n] = s · Σ_g scale[g, n] · (Σ_k∈g q[k] · (weight[n, k] + 8 - zero[g, n])), groups one after the other by fused multiply-adds
///
/// Arithmetic is that of f32, rounded after each operation, and of exact integers, so kernels give the same bits. 1 / s is rounded and multiplied with.
package enum QuantizedProduct {
    /// One row of x as integers.
    struct Row {
        /// q - z.
        let centered: [Int]
        /// NaN for a row that holds NaN or infinity, whose results all are NaN.
        let scale: Float
        let zero: Int

        init(_ x: ArraySlice<Float>) {
            // `min` and `max` of floats do not promise NaN.
            let hasNaN = x.contains { $0.isNaN }
            let (low, high) = (min(x.min() ?? 0, 0), max(x.max() ?? 0, 0))
            let range = high - low
            guard !hasNaN, range < .infinity else {
                (centered, scale, zero) = (x.map { _ in 0 }, .nan, 0)
                return
            }
            let step = range / 255
            scale = step < .leastNormalMagnitude ? 1 : step
            let inverse = 1 / scale
            let zero = (-low * inverse).rounded(.toNearestOrEven)
            self.zero = Int(zero)
            centered = x.map { value in
                let level = (value * inverse).rounded(.toNearestOrEven) + zero
                return Int(min(max(level, 0), 255)) - Int(zero)
            }
        }
    }

    /// One row of x as integers -127…127.
    struct SymmetricRow {
        let levels: [Int]
        /// NaN for a row that holds NaN or infinity, whose results all are NaN.
        let scale: Float

        init(_ x: ArraySlice<Float>) {
            let most = x.reduce(Float(0)) { $1.isNaN || $0.isNaN ? .nan : max($0, abs($1)) }
            guard most < .infinity else {
                (levels, scale) = (x.map { _ in 0 }, .nan)
                return
            }
            let step = most / 127
            scale = step < .leastNormalMagnitude ? 1 : step
            let inverse = 1 / scale
            levels = x.map { Int(min(max(($0 * inverse).rounded(.toNearestOrEven), -127), 127)) }
        }
    }

    /// Neighbouring inputs of an output whose weights of 4 bits may share a scale.
    package static let groupSizes = [32, 64, 128]

    /// The size of groups of which `depth` inputs have `count`; nil if there is none.
    package static func groupSize(_ depth: Int, _ count: Int) -> Int? {
        groupSizes.first { depth / $0 + (depth % $0 == 0 ? 0 : 1) == count }
    }

    static let weightOnlyDocumentation = "whether x is not rounded, default false"

    /// Type of x·weightᵀ; checks x, weight, scale and zero.
    static func resultType(_ x: TensorType, _ weight: TensorType, _ scale: TensorType, _ zero: TensorType?) throws -> TensorType {
        try Check.dtype(x, .f32, "x")
        if weight.dtype != .i4 { try Check.dtype(weight, .i8, "weight") }
        try Check.rank(weight, 2...2, "weight")
        guard let depth = x.shape.last, depth == weight.shape[1] else {
            throw InferenceError("the last dimension of x (\(x)) must equal the last of weight (\(weight))")
        }
        try checkScale(scale, weight, zero)
        return TensorType(.f32, x.shape.dropLast() + [weight.shape[0]])
    }

    private static func checkScale(_ scale: TensorType, _ weight: TensorType, _ zero: TensorType?) throws {
        guard weight.dtype == .i4 else {
            guard zero == nil else { throw InferenceError("weights of 8 bits have no zero points") }
            try Check.dtype(scale, .f32, "scale")
            return try Check.shape(scale, [weight.shape[0]], "scale")
        }
        guard let depth = weight.shape[1].value else { throw InferenceError("the depth of i4 weights must be a number") }
        guard [.bf16, .f32].contains(scale.dtype) else {
            throw InferenceError("scale must be bf16 or f32, not \(scale.dtype.rawValue)")
        }
        guard scale.rank == 2, scale.shape[1] == weight.shape[0], let count = scale.shape[0].value, groupSize(depth, count) != nil else {
            throw InferenceError(
                "scale must be bf16 or f32[⌈\(depth) / g⌉, \(weight.shape[0])] for groups of g = 32, 64 or 128 inputs, not \(scale)")
        }
        guard let zero else { return }
        try Check.dtype(zero, .u8, "zero")
        try Check.shape(zero, scale.shape, "zero")
    }

    static func attributes(_ activation: Activation, weightOnly: Bool) -> Attributes {
        var fields: Attributes = activation == .none ? [:] : ["activation": .string(activation.rawValue)]
        if weightOnly { fields["weight_only"] = .bool(true) }
        return fields
    }

    static func checkBias(_ bias: TensorType?, _ weight: TensorType) throws {
        guard let bias else { return }
        try Check.dtype(bias, .f32, "bias")
        try Check.shape(bias, [weight.shape[0]], "bias")
    }

    /// x·weightᵀ + bias, and the shape of y.
    static func product(
        _ x: Tensor, _ weight: Tensor, _ scale: Tensor, _ zero: Tensor?, _ bias: Tensor?, weightOnly: Bool
    ) -> (values: [Float], shape: [Int]) {
        let depth = weight.shape[1]
        let (a, added, count) = (x.floats, bias?.floats, x.shape.dropLast().reduce(1, *))
        let dot =
            weightOnly
            ? plainProducts(weight, scale, zero)
            : weight.dtype == .i4 ? groupedProducts(weight, scale, zero) : roundedProducts(weight, scale)
        let values = (0..<count).flatMap { index in
            let products = dot(a[(index * depth)..<((index + 1) * depth)])
            return added.map { zip(products, $0).map(+) } ?? products
        }
        return (values, x.shape.dropLast() + [weight.shape[0]])
    }

    /// The products of a row of x with the integers of each output.
    private static func roundedProducts(_ weight: Tensor, _ scale: Tensor) -> (ArraySlice<Float>) -> [Float] {
        let (depth, w, scales) = (weight.shape[1], weight.integers, scale.floats)
        return { x in
            let row = Row(x)
            return scales.indices.map { column in
                let sum = (0..<depth).reduce(0) { $0 + row.centered[$1] * w[column * depth + $1] }
                return Float(sum) * (row.scale * scales[column])
            }
        }
    }

    /// The same for weights of 4 bits, a group after the other.
    private static func groupedProducts(_ weight: Tensor, _ scale: Tensor, _ zero: Tensor?) -> (ArraySlice<Float>) -> [Float] {
        let (columns, depth, w, scales) = (weight.shape[0], weight.shape[1], centered(weight, scale, zero), scale.floats)
        let size = groupSize(depth, scale.shape[0]) ?? 1
        return { x in
            let row = SymmetricRow(x)
            return (0..<columns).map { column in
                let sum = (0..<scale.shape[0]).reduce(Float(0)) { sum, group in
                    let inputs = group * size..<min((group + 1) * size, depth)
                    let products = inputs.reduce(0) { $0 + row.levels[$1] * w[column * depth + $1] }
                    return sum.addingProduct(Float(products), scales[group * columns + column])
                }
                return sum * row.scale
            }
        }
    }

    /// The products of a row of x with what the integers of each output stand for.
    private static func plainProducts(_ weight: Tensor, _ scale: Tensor, _ zero: Tensor?) -> (ArraySlice<Float>) -> [Float] {
        let (columns, depth, values) = (weight.shape[0], weight.shape[1], widened(weight, scale, zero))
        return { x in
            (0..<columns).map { column in
                Float(zip(x, values[(column * depth)..<((column + 1) * depth)]).reduce(0.0) { $0 + Double($1.0) * $1.1 })
            }
        }
    }

    /// What the integers of a weight [n, k] stand for, row-major.
    static func widened(_ weight: Tensor, _ scale: Tensor, _ zero: Tensor?) -> [Double] {
        let (columns, depth, scales) = (weight.shape[0], weight.shape[1], scale.doubles)
        guard weight.dtype == .i4 else { return weight.integers.enumerated().map { Double($1) * scales[$0 / max(depth, 1)] } }
        let size = groupSize(depth, scale.shape[0]) ?? 1
        return centered(weight, scale, zero).enumerated().map { index, level in
            Double(level) * scales[index % depth / size * columns + index / depth]
        }
    }

    /// The integers of weights of 4 bits, less their zero points.
    private static func centered(_ weight: Tensor, _ scale: Tensor, _ zero: Tensor?) -> [Int] {
        guard let zeros = zero?.integers else { return weight.integers }
        let (columns, depth, size) = (weight.shape[0], weight.shape[1], groupSize(weight.shape[1], scale.shape[0]) ?? 1)
        return weight.integers.enumerated().map { index, level in level + 8 - zeros[index % depth / size * columns + index / depth] }
    }

    static func cost(_ inputs: [TensorType?], _ outputs: [TensorType], products: Int) -> Cost {
        let depth = inputs.first.flatMap { $0?.shape.last } ?? 0
        let elements = outputs.reduce(0) { $0 + $1.elementCount }
        return Cost(flops: elements * depth * Dim(2 * products), bytes: Cost.traffic(inputs, outputs))
    }
}
