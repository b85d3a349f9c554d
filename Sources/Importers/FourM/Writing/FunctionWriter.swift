import IR

/// Writes one function of a module over the weights of a checkpoint.
final class FunctionWriter {
    private(set) var graph: Graph
    let weights: WeightReader
    private var widened: [String: ValueID] = [:]
    private var scalars: [String: ValueID] = [:]

    init(_ name: String, _ weights: WeightReader) {
        graph = Graph(name: name)
        self.weights = weights
    }

    func input(_ name: String, _ dtype: DType, _ shape: [Dim]) throws -> ValueID {
        try graph.addInput(name, TensorType(dtype, shape))
    }

    func output(_ name: String, _ value: ValueID) throws { try graph.addOutput(name, value) }

    func shape(_ value: ValueID) -> [Dim] { graph.type(of: value).shape }

    func apply(_ op: any Operator, _ inputs: ValueID?..., name: String) throws -> ValueID {
        try graph.apply(op, inputs, name: name)
    }

    func concat(_ inputs: [ValueID], axis: Int, name: String) throws -> ValueID {
        try graph.apply(Concat(axis: axis), inputs, name: name)
    }

    /// Tensor `key` of the checkpoint as f32, checked to have shape `expected`; nil sizes are free.
    func weight(_ key: String, _ expected: [Int?]) throws -> ValueID {
        if let known = widened[key] {
            _ = try weights.take(key, expected)
            return known
        }
        let constant = try weights.take(key, expected)
        var value = try graph.constant(constant.key, constant.type)
        if constant.type.dtype != .f32 { value = try apply(Cast(to: .f32), value, name: key) }
        widened[key] = value
        return value
    }

    /// A constant of the importer's own.
    func constant(_ key: String, _ tensor: Tensor) throws -> ValueID {
        try graph.constant(key, weights.add(Constant(key: key, tensor)).type)
    }

    /// A scalar that broadcasts to every shape.
    func scalar(_ value: Double, _ dtype: DType = .f32) throws -> ValueID {
        let id = "\(dtype.rawValue) \(value)"
        if let known = scalars[id] { return known }
        let made = try apply(Fill(shape: [], value: .float(value), dtype: dtype), name: "scalar \(value)")
        scalars[id] = made
        return made
    }

    func reshape(_ x: ValueID, _ shape: [Dim], name: String) throws -> ValueID {
        shape == self.shape(x) ? x : try apply(Reshape(shape), x, name: name)
    }

    func transpose(_ x: ValueID, _ permutation: [Int], name: String) throws -> ValueID {
        try apply(Transpose(permutation), x, name: name)
    }

    func add(_ a: ValueID, _ b: ValueID, name: String) throws -> ValueID { try apply(Binary<Add>(), a, b, name: name) }

    func multiply(_ a: ValueID, _ b: ValueID, name: String) throws -> ValueID {
        try apply(Binary<Mul>(), a, b, name: name)
    }
}
