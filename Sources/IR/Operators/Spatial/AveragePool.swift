/// Means of windows.
package struct AveragePool: TensorOperator {
    /// What a window's sum is divided by.
    package enum Divisor: String, Sendable, CaseIterable {
        /// How many of its positions lie in the input.
        case inside
        /// How many lie in the input or its padding.
        case padded
        /// Nothing: sums.
        case none
    }

    package static let opName = "average_pool"

    package static let documentation = OperatorDocumentation(
        "The mean, or the sum, of each window over the dimensions behind the channels; what lies outside the input is 0.",
        formula: "y[n, c, i…] = Σ_{p…} x[n, c, (i·stride + p·dilation - before)…] / divisor; 0 for an empty window",
        operands: ["x: float[n, c, d…] with 1 to 3 spatial dimensions"],
        results: ["y: dtype of x[n, c, (⌊(d + before + behind - dilation·(k - 1) - 1) / stride⌋ + 1)…]"],
        attributes: PoolGeometry.documentation.merging([
            "divisor": "positions of the window 'inside' the input (default) or in the 'padded' input, or 'none' for sums"
        ]) { own, _ in own },
        onnx: "AveragePool; LpPool by way of sums")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: PoolGeometry
    package let divisor: Divisor

    package init(_ geometry: PoolGeometry, divisor: Divisor = .inside) { (self.geometry, self.divisor) = (geometry, divisor) }

    package init(reading attributes: inout AttributeReader) throws {
        geometry = try PoolGeometry(reading: &attributes)
        divisor = try attributes.choice("divisor", default: .inside)
    }

    package var attributes: Attributes {
        divisor == .inside ? geometry.attributes : geometry.attributes.merging(["divisor": .string(divisor.rawValue)]) { own, _ in own }
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        return [try geometry.resultType(x)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { geometry.cost(inputs, outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let shape = try geometry.resultType(x.type).sizes([:])
        let windows = geometry.windows(of: Array(x.shape[2...]), results: Array(shape[2...]))
        let (plane, source) = (x.shape[2...].reduce(1, *), x.doubles)
        var values: [Double] = []
        for image in 0..<(shape[0] * shape[1]) {
            for window in windows {
                let sum = window.offsets.reduce(0) { $0 + source[image * plane + $1] }
                let count = divisor == .none ? 1 : divisor == .inside ? window.offsets.count : window.padded
                values.append(window.offsets.isEmpty ? 0 : sum / Double(count))
            }
        }
        return [Tensor(values, shape, as: x.dtype)]
    }
}
