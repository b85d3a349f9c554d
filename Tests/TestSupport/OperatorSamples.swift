import IR

/// One application of an operator to concrete tensors.
package struct OperatorSample: Sendable, CustomStringConvertible {
    /// What is special about it, unique: `conv groups`.
    package let name: String
    package let op: any TensorOperator
    /// nil stands for an absent optional operand.
    package let inputs: [Tensor?]
    package let binding: Binding

    package init(_ name: String, _ op: any TensorOperator, _ inputs: [Tensor?], _ binding: Binding = [:]) {
        self.name = name
        self.op = op
        self.inputs = inputs
        self.binding = binding
    }

    package var opName: String { type(of: op).opName }

    package var description: String {
        "\(name)(\(inputs.map { $0.map { "\($0.type)" } ?? "_" }.joined(separator: ", ")))"
    }
}

/// Applications of every operator of the registry: seeded data, odd sizes, broadcasting, more elements than a vector holds.
///
/// Shared by the tests of evaluation, passes and kernels. Values are such that results are finite and well conditioned.
package enum OperatorSamples {
    package static let all: [OperatorSample] =
        unary + binary + normalizations + products + indexing + movement + resizing + pooling + reductions + sources + fused + recurrent
        + gradients

    /// Samples of operator `opName`.
    package static func samples(of opName: String) -> [OperatorSample] { all.filter { $0.opName == opName } }
}
