/// Largest elements of windows.
package struct MaxPool: TensorOperator {
    package static let opName = "max_pool"

    package static let documentation = OperatorDocumentation(
        "The largest element of each window over the dimensions behind the channels; what lies outside the input does not count. NaN wins.",
        formula: "y[n, c, i…] = max_{p…} x[n, c, (i·stride + p·dilation - before)…]",
        operands: ["x: number[n, c, d…] with 1 to 3 spatial dimensions"],
        results: [
            "y: dtype of x[n, c, (⌊(d + before + behind - dilation·(k - 1) - 1) / stride⌋ + 1)…]",
            "indices (with 'indices'): i64, place of each in x row by row, the first of equal ones",
        ],
        attributes: PoolGeometry.documentation.merging(["indices": "gives the second result too, default false"]) { own, _ in own },
        onnx: "MaxPool")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: PoolGeometry
    package let indices: Bool

    package init(_ geometry: PoolGeometry, indices: Bool = false) { (self.geometry, self.indices) = (geometry, indices) }

    package init(reading attributes: inout AttributeReader) throws {
        geometry = try PoolGeometry(reading: &attributes)
        indices = try attributes.bool("indices")
    }

    package var attributes: Attributes {
        indices ? geometry.attributes.merging(["indices": .bool(true)]) { own, _ in own } : geometry.attributes
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype.isNumber else { throw InferenceError("x must be a float or integer tensor, not \(x)") }
        let y = try geometry.resultType(x)
        return indices ? [y, y.with(dtype: .i64)] : [y]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { geometry.cost(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let shape = try geometry.resultType(x.type).sizes([:])
        let places = places(x, shape)
        // What an empty window gives stands behind the last element of x.
        let y = try Tensor.joined([x, MaxPool.lowest(x.dtype)]).picking([places.count]) { places[$0[0]] ?? x.count }.shaped(shape)
        return indices ? [y, Tensor(integers: places.map { $0 ?? 0 }, shape)] : [y]
    }

    /// Where in x the largest element of each window stands; nil for a window on padding alone.
    private func places(_ x: Tensor, _ shape: [Int]) -> [Int?] {
        let windows = geometry.windows(of: Array(x.shape[2...]), results: Array(shape[2...]))
        let plane = x.shape[2...].reduce(1, *)
        let elements = x.elements
        func isLarger(_ a: Int, _ b: Int) -> Bool {
            switch elements {
            case .floats(let values): values[a] > values[b] || (values[a].isNaN && !values[b].isNaN)
            case .signed(let values): values[a] > values[b]
            case .unsigned(let values): values[a] > values[b]
            }
        }
        var places: [Int?] = []
        for start in stride(from: 0, to: shape[0] * shape[1] * plane, by: max(plane, 1)) {
            for window in windows {
                var best = window.offsets.first
                for offset in window.offsets { if let known = best, isLarger(start + offset, start + known) { best = offset } }
                places.append(best.map { start + $0 })
            }
        }
        return places
    }

    private static func lowest(_ dtype: DType) -> Tensor {
        if dtype.isFloat { return Tensor([-Double.infinity], [1], as: dtype) }
        let isUnsigned = [.u4, .u8, .u16, .u32, .u64].contains(dtype)
        return Tensor(integers: [isUnsigned ? 0 : Int.min >> (64 - dtype.bits)], [1], as: dtype)
    }
}
