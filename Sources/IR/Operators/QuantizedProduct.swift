/// What ``QuantizedLinear`` and ``QuantizedGatedLinear`` share: dynamic 8-bit products.
///
/// Each row of x gets a scale and a zero point of its own (per token), each output of the weight a scale (per channel):
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

        init(_ x: ArraySlice<Float>) {
            // `min` and `max` of floats do not promise NaN.
            let hasNaN = x.contains { $0.isNaN }
            let (low, high) = (min(x.min() ?? 0, 0), max(x.max() ?? 0, 0))
            let range = high - low
            guard !hasNaN, range < .infinity else {
                (centered, scale) = (x.map { _ in 0 }, .nan)
                return
            }
            let step = range / 255
            scale = step < .leastNormalMagnitude ? 1 : step
            let inverse = 1 / scale
            let zero = (-low * inverse).rounded(.toNearestOrEven)
            centered = x.map { value in
                let level = (value * inverse).rounded(.toNearestOrEven) + zero
                return Int(min(max(level, 0), 255)) - Int(zero)
            }
        }
    }

    /// Type of x·weightᵀ; checks x, weight and scale.
    static func resultType(_ x: TensorType, _ weight: TensorType, _ scale: TensorType) throws -> TensorType {
        try Check.dtype(x, .f32, "x")
        try Check.dtype(weight, .i8, "weight")
        try Check.rank(weight, 2...2, "weight")
        guard let depth = x.shape.last, depth == weight.shape[1] else {
            throw InferenceError("the last dimension of x (\(x)) must equal the last of weight (\(weight))")
        }
        try Check.dtype(scale, .f32, "scale")
        try Check.shape(scale, [weight.shape[0]], "scale")
        return TensorType(.f32, x.shape.dropLast() + [weight.shape[0]])
    }

    static func checkBias(_ bias: TensorType?, _ weight: TensorType) throws {
        guard let bias else { return }
        try Check.dtype(bias, .f32, "bias")
        try Check.shape(bias, [weight.shape[0]], "bias")
    }

    /// x·weightᵀ + bias, and the shape of y.
    static func product(_ x: Tensor, _ weight: Tensor, _ scale: Tensor, _ bias: Tensor?) -> (values: [Float], shape: [Int]) {
        let (columns, depth) = (weight.shape[0], weight.shape[1])
        let (a, w, scales, added) = (x.floats, weight.integers, scale.floats, bias?.floats)
        let count = x.shape.dropLast().reduce(1, *)
        var values: [Float] = []
        values.reserveCapacity(count * columns)
        for index in 0..<count {
            let row = Row(a[(index * depth)..<((index + 1) * depth)])
            for column in 0..<columns {
                var sum = 0
                for k in 0..<depth { sum += row.centered[k] * w[column * depth + k] }
                let product = Float(sum) * (row.scale * scales[column])
                values.append(added.map { product + $0[column] } ?? product)
            }
        }
        return (values, x.shape.dropLast() + [columns])
    }

    static func cost(_ inputs: [TensorType?], _ outputs: [TensorType], products: Int) -> Cost {
        let depth = inputs.first.flatMap { $0?.shape.last } ?? 0
        let elements = outputs.reduce(0) { $0 + $1.elementCount }
        return Cost(flops: elements * depth * Dim(2 * products), bytes: Cost.traffic(inputs, outputs))
    }
}
