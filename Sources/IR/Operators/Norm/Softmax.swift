import Foundation

/// Softmax along an axis.
package struct Softmax: TensorOperator {
    package static let opName = "softmax"

    package static let documentation = OperatorDocumentation(
        "Exponentials scaled to sum to one; with off_by_one, to sum to less than one.",
        formula: "y = e^(x - m) / (Σ e^(x - m) [+ e^(-m)]), m = max x", operands: ["x: float[…]"], results: ["y: as x"],
        attributes: ["axis": "default -1", "off_by_one": "adds e⁰ to the denominator, so that a line may attend to nothing"],
        onnx: "Softmax")

    package static let facts: OperatorFacts = .differentiable

    package let axis: Int
    package let offByOne: Bool

    package init(axis: Int = -1, offByOne: Bool = false) {
        self.axis = axis
        self.offByOne = offByOne
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis", default: -1)
        offByOne = try attributes.bool("off_by_one")
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if axis != -1 { fields["axis"] = .int(axis) }
        if offByOne { fields["off_by_one"] = .bool(true) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] { try AlongAxis.infer(inputs, axis: axis) }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .elementwise(inputs, outputs, perElement: 10) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        [try AlongAxis.map(try Tensor.operand(inputs, 0), axis: axis) { Softmax.apply($0, offByOne: offByOne) }]
    }

    /// Replaces `values[range]` by their softmax; shared with attention.
    static func normalize(_ values: inout [Double], _ range: Range<Int>, offByOne: Bool) {
        values.replaceSubrange(range, with: apply(Array(values[range]), offByOne: offByOne))
    }

    /// The softmax of one line; shared with attention.
    static func apply(_ line: [Double], offByOne: Bool) -> [Double] {
        let highest = line.max() ?? 0
        let shift = offByOne ? Swift.max(highest, 0) : highest
        let weights = line.map { exp($0 - shift) }
        let sum = weights.reduce(0, +) + (offByOne ? exp(-shift) : 0)
        return weights.map { $0 / sum }
    }
}
