/// What random numbers are drawn from.
package enum Distribution: String, CaseIterable, Sendable {
    /// [low, high).
    case uniform
    /// Mean low, standard deviation high.
    case normal
}

/// Random numbers: the same for the same seed of a run and name of the node.
package struct Random: Operator {
    package static let opName = "random"

    package static let documentation = OperatorDocumentation(
        "Random numbers from a stream of this node's own: element i is a function of the run's seed, the node's name and i.",
        formula: "uniform: low + (high - low) u[i]; normal: a + b z[i]", operands: [], results: ["y: dtype[shape]"],
        attributes: [
            "shape": "the shape", "dtype": "a float type", "distribution": "'uniform' or 'normal'", "a": "low or the mean, default 0",
            "b": "high or the standard deviation, default 1", "seed": "one for this node instead of the run's",
        ],
        onnx: "RandomUniform, RandomNormal, …Like")

    package let type: TensorType
    package let distribution: Distribution
    package let a: Double
    package let b: Double
    package let seed: Int?

    package init(_ type: TensorType, _ distribution: Distribution, a: Double = 0, b: Double = 1, seed: Int? = nil) {
        (self.type, self.distribution, self.a, self.b, self.seed) = (type, distribution, a, b, seed)
    }

    package init(reading attributes: inout AttributeReader) throws {
        type = TensorType(try attributes.dtype("dtype"), try attributes.dims("shape"))
        distribution = try attributes.choice("distribution", default: .uniform)
        a = try attributes.double("a", default: 0)
        b = try attributes.double("b", default: 1)
        seed = try attributes.optionalInt("seed")
    }

    package var attributes: Attributes {
        var fields: Attributes = ["shape": .dims(type.shape), "dtype": .dtype(type.dtype)]
        if distribution != .uniform { fields["distribution"] = .string(distribution.rawValue) }
        if a != 0 { fields["a"] = .float(a) }
        if b != 1 { fields["b"] = .float(b) }
        if let seed { fields["seed"] = .int(seed) }
        return fields
    }

    package static let facts: OperatorFacts = .stateful

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 0...0)
        try Check.float(type, "the result")
        return [.tensor(type)]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let sizes = try type.sizes(context.binding)
        let stream = seed.map { CounterRandom(seed: UInt64(bitPattern: Int64($0))) } ?? context.random
        let count = sizes.reduce(1, *)
        let values = (0..<count).map { index -> Double in
            switch distribution {
            case .uniform: a + (b - a) * stream.uniform(at: UInt64(index))
            case .normal: a + b * stream.normal(at: UInt64(index))
            }
        }
        return [.tensor(Tensor(values, sizes, as: type.dtype))]
    }
}
