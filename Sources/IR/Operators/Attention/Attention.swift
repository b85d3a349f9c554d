/// Scaled dot-product attention (Vaswani et al., arXiv 1706.03762).
package struct Attention: FusedOperator {
    package static let opName = "attention"

    package static let documentation = OperatorDocumentation(
        "Mixes values by the softmax of query-key products. Masked scores become the lowest finite f32, so a query that sees "
            + "no key weighs all alike (with off_by_one: nothing). Without keys the result is 0.",
        formula: "y = softmax(scale · q·kᵀ + bias, masked) · v; causal: query i sees keys 0 … i + m - n",
        operands: [
            "q: float[b, h, n, d]", "k: float[b, g, m, d], g = h or a divisor: h / g heads of q read the same one of k and v",
            "v: float[b, g, m, e]",
            "mask?: bool, broadcast to [b, h, n, m]; true hides the key", "bias?: float, broadcast to [b, h, n, m]",
        ],
        results: ["y: dtype of q[b, h, n, e]"],
        attributes: [
            "scale": "factor of the products", "off_by_one": "add 1 to the softmax denominator, default false",
            "causal": "hide later keys, default false",
            "int8": "from 32 queries on, round q, k and v to 8 bits (kernels round the softmax weights too), default false",
        ],
        onnx: "Attention from opset 23; MatMul, Mul, Add, Where, Softmax, MatMul before")

    package static let facts: OperatorFacts = .differentiable

    package let scale: Double
    package let offByOne: Bool
    package let causal: Bool
    /// Whether products for ``leastInt8Queries`` or more are those of 8-bit integers; see ``RoundedAttention``.
    package let int8: Bool

    package init(scale: Double, offByOne: Bool = false, causal: Bool = false, int8: Bool = false) {
        self.scale = scale
        self.offByOne = offByOne
        self.causal = causal
        self.int8 = int8
    }

    /// The same attention with products of 8-bit integers.
    package var withInt8Products: Attention { Attention(scale: scale, offByOne: offByOne, causal: causal, int8: true) }

    package init(reading attributes: inout AttributeReader) throws {
        scale = try attributes.double("scale")
        offByOne = try attributes.bool("off_by_one")
        causal = try attributes.bool("causal")
        int8 = try attributes.bool("int8")
    }

    package var attributes: Attributes {
        var fields: Attributes = ["scale": .float(scale)]
        if offByOne { fields["off_by_one"] = .bool(true) }
        if causal { fields["causal"] = .bool(true) }
        if int8 { fields["int8"] = .bool(true) }
        return fields
    }

    /// Queries from which on products of 8-bit integers pay for the rounding of keys and values.
    package static let leastInt8Queries = 32

    /// What a masked score becomes.
    package static let maskedScore = -Double(Float.greatestFiniteMagnitude)

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 3...5)
        let (q, k, v) = (
            try Check.operand(inputs, 0, "q"), try Check.operand(inputs, 1, "k"), try Check.operand(inputs, 2, "v")
        )
        for (type, name) in [(q, "q"), (k, "k"), (v, "v")] {
            try Check.float(type, name)
            try Check.rank(type, 4...4, name)
        }
        guard Attention.group(q.shape[1], k.shape[1]) != nil else {
            throw InferenceError("q has \(q.shape[1]) heads, no multiple of those of k, \(k.shape[1])")
        }
        try Check.shape(k, [q.shape[0], k.shape[1], k.shape[2], q.shape[3]], "k")
        try Check.shape(v, [q.shape[0], k.shape[1], k.shape[2], v.shape[3]], "v")
        let scores: [Dim] = q.shape[..<3] + [k.shape[2]]
        if let mask = Check.optional(inputs, 3) {
            try Check.dtype(mask, .bool, "mask")
            try Check.broadcasts(mask, to: scores, "mask")
        }
        if let bias = Check.optional(inputs, 4) {
            try Check.float(bias, "bias")
            try Check.broadcasts(bias, to: scores, "bias")
        }
        return [TensorType(q.dtype, q.shape[..<3] + [v.shape[3]])]
    }

    /// How many heads of queries read the same keys and values; nil if that cannot be told.
    package static func group(_ heads: Dim, _ shared: Dim) -> Int? {
        if heads == shared { return 1 }
        guard let heads = heads.value, let shared = shared.value, shared > 0, heads % shared == 0 else { return nil }
        return heads / shared
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let (q, k, v) = (Check.optional(inputs, 0), Check.optional(inputs, 1), Check.optional(inputs, 2))
        guard let q, let k, let v, q.rank == 4, k.rank == 4, v.rank == 4 else { return .elementwise(inputs, outputs) }
        let scores = q.shape[..<3].reduce(1, *) * k.shape[2]
        return Cost(flops: scores * ((q.shape[3] + v.shape[3]) * 2 + 14), bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] { try evaluate(inputs, fullRange: false) }

    /// As `evaluate`, with `fullRange` on the integers of kernels whose products have room for 127 steps.
    package func evaluate(_ inputs: [Tensor?], fullRange: Bool) throws -> [Tensor] {
        let (q, k, v) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1), try Tensor.operand(inputs, 2))
        let (queries, keys, depth, width) = (q.shape[2], k.shape[2], q.shape[3], v.shape[3])
        let group = k.shape[1] > 0 ? q.shape[1] / k.shape[1] : 1
        let scoreShape: [Int] = q.shape[..<3] + [keys]
        let mask = inputs.count > 3 ? inputs[3] : nil
        let bias = inputs.count > 4 ? inputs[4] : nil
        let (hidden, added) = (mask?.bools, bias?.doubles)
        let maskStrides = mask.map { Broadcast.strides($0.shape, to: scoreShape) } ?? []
        let biasStrides = bias.map { Broadcast.strides($0.shape, to: scoreShape) } ?? []
        let rounds = int8 && queries >= Attention.leastInt8Queries
        let rounding = RoundedAttention(isFull: fullRange)
        let (a, b, c) = rounds ? rounding.operands(q, k, v, centered: !offByOne) : (q.doubles, k.doubles, v.doubles)
        var values: [Double] = []
        var scores = [Double](repeating: 0, count: keys)
        forEachIndex(Array(q.shape[..<3])) { index in
            let row = (index[0] * q.shape[1] + index[1]) * queries + index[2]
            let head = index[0] * k.shape[1] + index[1] / group
            for key in 0..<keys {
                var sum = 0.0
                for d in 0..<depth { sum += a[row * depth + d] * b[(head * keys + key) * depth + d] }
                sum *= scale
                if let added { sum += added[offset(index, biasStrides) + key * biasStrides[3]] }
                let later = causal && key > index[2] + keys - queries
                let masked = later || hidden.map { $0[offset(index, maskStrides) + key * maskStrides[3]] } ?? false
                scores[key] = masked ? Attention.maskedScore : sum
            }
            Softmax.normalize(&scores, 0..<keys, offByOne: offByOne)
            for column in 0..<width {
                values.append((0..<keys).reduce(0) { $0 + scores[$1] * c[(head * keys + $1) * width + column] })
            }
        }
        return [Tensor(values, q.shape[..<3] + [width], as: q.dtype)]
    }
}
