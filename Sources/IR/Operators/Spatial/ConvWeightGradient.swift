/// The gradient of the filter of a ``Conv``: what each tap saw, weighted by what it changed.
package struct ConvWeightGradient: TensorOperator {
    package static let opName = "conv_weight_gradient"

    package static let documentation = OperatorDocumentation(
        "Gradient of a convolution's filter: over all images and places, what a tap saw times the cotangent of what came of it.",
        formula: "dweight[o, c, p…] = Σ_{n,i…} dy[n, o, i…] · x[n, c + c/groups·group(o), (i·stride + p·dilation - before)…]",
        operands: ["x: float[n, c, d…] with 1 to 3 spatial dimensions", "dy: float[n, o, i…], shaped as conv gives y"],
        results: ["dweight: dtype of x[o, c/groups, k…]"],
        attributes: ConvGeometry.documentation.merging(["kernel": "size of the filter along each spatial dimension, k…"]) { own, _ in own },
        onnx: "Conv of x with dy as the filter, images and channels exchanged")

    package static let facts: OperatorFacts = .differentiable

    package let geometry: ConvGeometry
    package let kernel: [Int]

    package init(_ geometry: ConvGeometry, kernel: [Int]) { (self.geometry, self.kernel) = (geometry, kernel) }

    package init(reading attributes: inout AttributeReader) throws {
        geometry = try ConvGeometry(reading: &attributes)
        kernel = try attributes.ints("kernel")
    }

    package var attributes: Attributes { geometry.attributes.merging(["kernel": .ints(kernel)]) { own, _ in own } }

    /// The same over pictures of one row, for an input of one spatial dimension.
    package var overPictures: ConvWeightGradient { ConvWeightGradient(geometry.overPictures, kernel: [1] + kernel) }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...2)
        let (x, dy) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "dy"))
        for (type, name) in [(x, "x"), (dy, "dy")] {
            try Check.float(type, name)
            try Check.rank(type, 3...5, name)
        }
        guard kernel.count == x.rank - 2, kernel.allSatisfy({ 1...Int(Int32.max) ~= $0 }), geometry.groups > 0,
            x.shape[1].remainder(by: Dim(geometry.groups)).value ?? 0 == 0
        else { throw InferenceError("kernel must be \(x.rank - 2) positive sizes, and groups divide the channels of x (\(x))") }
        let weight = TensorType(
            x.dtype, [dy.shape[1], x.shape[1].floorDivided(by: Dim(geometry.groups))] + kernel.map { Dim($0) })
        let y = try geometry.resultType([x, weight])
        try Check.rank(dy, y.rank...y.rank, "dy")
        for (own, wanted) in zip(dy.shape, y.shape) {
            try Check.mayEqual(own, wanted, "dy (\(dy)) must have the shape of the result (\(y))")
        }
        return [weight]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let places = inputs.count > 1 ? inputs[1]?.shape.enumerated().reduce(Dim(1)) { $1.offset == 1 ? $0 : $0 * $1.element } ?? 0 : 0
        return Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * places * 2, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, dy) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let own = geometry.spelled(kernel.count)
        let depth = x.shape[1] / geometry.groups
        let shape = [dy.shape[1], depth] + kernel
        let (a, b, strides, steps) = (x.doubles, dy.doubles, rowMajorStrides(x.shape), rowMajorStrides(dy.shape))
        let outputsPerGroup = max(shape[0] / geometry.groups, 1)
        var values: [Double] = []
        forEachIndex(shape) { index in
            let channel = index[0] / outputsPerGroup * depth + index[1]
            var sum = 0.0
            forEachIndex([dy.shape[0]] + dy.shape[2...]) { place in
                var (from, to) = (place[0] * strides[0] + channel * strides[1], place[0] * steps[0] + index[0] * steps[1])
                for axis in kernel.indices {
                    let position = place[axis + 1] * own.stride[axis] - own.padding[axis] + index[axis + 2] * own.dilation[axis]
                    guard position >= 0, position < x.shape[axis + 2] else { return }
                    from += position * strides[axis + 2]
                    to += place[axis + 1] * steps[axis + 2]
                }
                sum += a[from] * b[to]
            }
            values.append(sum)
        }
        return [Tensor(values, shape, as: x.dtype)]
    }
}
