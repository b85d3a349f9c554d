import IR
import Testing

/// Evaluates an operator with one result.
func evaluate(_ op: any TensorOperator, _ inputs: [Tensor?], _ binding: Binding = [:]) throws -> Tensor {
    try #require(try op.evaluate(inputs, binding).first)
}

/// Whether two tensors have one type and elements within `tolerance` (NaN equal to NaN).
func near(_ a: Tensor, _ b: Tensor, _ tolerance: Double = 1e-6) -> Bool {
    guard a.dtype == b.dtype, a.shape == b.shape else { return false }
    return zip(a.doubles, b.doubles).allSatisfy { $0 == $1 || ($0 - $1).magnitude <= tolerance || ($0.isNaN && $1.isNaN) }
}

func near(_ a: Tensor, _ b: [Double], _ tolerance: Double = 1e-6) -> Bool {
    a.count == b.count && near(a, Tensor(b, a.shape, as: a.dtype), tolerance)
}
