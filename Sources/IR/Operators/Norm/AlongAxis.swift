/// Shared by operators that work on lines along one axis.
enum AlongAxis {
    /// Replaces each line of `tensor` along `axis` by `body` of it, in double precision.
    static func map(_ tensor: Tensor, axis: Int, _ body: ([Double]) -> [Double]) throws -> Tensor {
        let axis = try Check.axis(axis, rank: tensor.rank)
        let part = tensor.split(at: axis)
        var values = tensor.doubles
        for outer in 0..<part.outer {
            for inner in 0..<part.inner {
                let start = outer * part.size * part.inner + inner
                let line = (0..<part.size).map { values[start + $0 * part.inner] }
                for (index, value) in body(line).enumerated() { values[start + index * part.inner] = value }
            }
        }
        return Tensor(values, tensor.shape, as: tensor.dtype)
    }

    /// A float operand whose `axis` exists.
    static func infer(_ inputs: [TensorType?], axis: Int) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.float(x, "x")
        _ = try Check.axis(axis, rank: x.rank)
        return [x]
    }
}
