/// What ``QuantizedLinear`` and ``QuantizedGatedLinear`` share: products with weights of 8 or 4 bits.
///
/// Weight-only products leave x as it is; a weight is its integer times the scale of its output or, for i4, of the group of
/// ``groupSize`` inputs of its output that it belongs to. Otherwise products are dynamic: each row of x gets a scale and a zero point of
/// its own (per token), each output of the weight a scale (per channel):
///
///     s = (max(x, 0) - min(x, 0)) / 255, 1 if subnormal      z = round(-min(x, 0) / s)      q = clamp(round(x / s) + z, 0, 255)
///     product[n] = (Σ_k (q[k] - z) · weight[n, k]) · (s · scale[n])
///
/// Arithmetic is that of f32, rounded after each operation, and of exact integers, so kernels give the same bits.
enum QuantizedProduct {
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

    /// Neighbouring inputs of an output whose i4 weights share a scale.
    static let groupSize = 32

    static let weightOnlyDocumentation =
        "whether x is not rounded, default false; i4 weights want that, and a scale: "
        + "bf16[⌈k/\(groupSize)⌉, n] for each group of \(groupSize) inputs"

    /// Type of x·weightᵀ; checks x, weight and scale.
    static func resultType(_ x: TensorType, _ weight: TensorType, _ scale: TensorType, weightOnly: Bool) throws -> TensorType {
        try Check.dtype(x, .f32, "x")
        if !weightOnly || weight.dtype != .i4 { try Check.dtype(weight, .i8, "weight") }
        try Check.rank(weight, 2...2, "weight")
        guard let depth = x.shape.last, depth == weight.shape[1] else {
            throw InferenceError("the last dimension of x (\(x)) must equal the last of weight (\(weight))")
        }
        try checkScale(scale, weight)
        return TensorType(.f32, x.shape.dropLast() + [weight.shape[0]])
    }

    private static func checkScale(_ scale: TensorType, _ weight: TensorType) throws {
        guard weight.dtype == .i4 else {
            try Check.dtype(scale, .f32, "scale")
            return try Check.shape(scale, [weight.shape[0]], "scale")
        }
        guard let depth = weight.shape[1].value else { throw InferenceError("the depth of i4 weights must be a number") }
        try Check.dtype(scale, .bf16, "scale")
        try Check.shape(scale, [Dim(groups(depth)), weight.shape[0]], "scale")
    }

    static func attributes(_ activation: Activation, weightOnly: Bool) -> Attributes {
        var fields: Attributes = activation == .none ? [:] : ["activation": .string(activation.rawValue)]
        if weightOnly { fields["weight_only"] = .bool(true) }
        return fields
    }

    /// Groups of inputs with a scale of their own.
    static func groups(_ depth: Int) -> Int { depth / groupSize + (depth % groupSize == 0 ? 0 : 1) }

    static func checkBias(_ bias: TensorType?, _ weight: TensorType) throws {
        guard let bias else { return }
        try Check.dtype(bias, .f32, "bias")
        try Check.shape(bias, [weight.shape[0]], "bias")
    }

    /// x·weightᵀ + bias, and the shape of y.
    static func product(
        _ x: Tensor, _ weight: Tensor, _ scale: Tensor, _ bias: Tensor?, weightOnly: Bool
    ) -> (values: [Float], shape: [Int]) {
        let depth = weight.shape[1]
        let (a, added, count) = (x.floats, bias?.floats, x.shape.dropLast().reduce(1, *))
        let dot = weightOnly ? plainProducts(weight, scale) : roundedProducts(weight, scale)
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

    /// The products of a row of x with what the integers of each output stand for.
    private static func plainProducts(_ weight: Tensor, _ scale: Tensor) -> (ArraySlice<Float>) -> [Float] {
        let (columns, depth, values) = (weight.shape[0], weight.shape[1], widened(weight, scale))
        return { x in
            (0..<columns).map { column in
                Float(zip(x, values[(column * depth)..<((column + 1) * depth)]).reduce(0.0) { $0 + Double($1.0) * $1.1 })
            }
        }
    }

    /// What the integers of a weight [n, k] stand for, row-major.
    static func widened(_ weight: Tensor, _ scale: Tensor) -> [Double] {
        let (columns, depth, scales) = (weight.shape[0], weight.shape[1], scale.doubles)
        return weight.integers.enumerated().map { index, level in
            let (column, input) = (index / depth, index % depth)
            return Double(level) * scales[weight.dtype == .i4 ? input / groupSize * columns + column : column]
        }
    }

    static func cost(_ inputs: [TensorType?], _ outputs: [TensorType], products: Int) -> Cost {
        let depth = inputs.first.flatMap { $0?.shape.last } ?? 0
        let elements = outputs.reduce(0) { $0 + $1.elementCount }
        return Cost(flops: elements * depth * Dim(2 * products), bytes: Cost.traffic(inputs, outputs))
    }
}
