/// Running products.
package struct CumProd: TensorOperator {
    package static let opName = "cum_prod"

    package static let documentation = OperatorDocumentation(
        "Product of all elements up to each position along one axis; integers wrap.",
        formula: "y[i] = Π_{j ≤ i} x[j]; exclusive: j < i; reverse: j ≥ i (exclusive: j > i)",
        operands: ["x: float or integer[…]"], results: ["y: as x"],
        attributes: [
            "axis": "dimension of the product", "exclusive": "leave out the element itself, default false",
            "reverse": "multiply from the end, default false",
        ],
        onnx: "CumProd")

    package static let facts: OperatorFacts = .differentiable

    package let axis: Int
    package let exclusive: Bool
    package let reverse: Bool

    package init(axis: Int, exclusive: Bool = false, reverse: Bool = false) {
        (self.axis, self.exclusive, self.reverse) = (axis, exclusive, reverse)
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        exclusive = try attributes.bool("exclusive")
        reverse = try attributes.bool("reverse")
    }

    /// The fields are those of ``CumSum``.
    package var attributes: Attributes { CumSum(axis: axis, exclusive: exclusive, reverse: reverse).attributes }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] { try CumSum(axis: axis).infer(inputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        let fold = CumSum(axis: try Check.axis(axis, rank: x.rank), exclusive: exclusive, reverse: reverse)
        if x.dtype.isFloat { return [Tensor(fold.running(x, fold.axis, x.doubles, 1, *), x.shape, as: x.dtype)] }
        return [Tensor(integers: fold.running(x, fold.axis, x.integers, 1, &*), x.shape, as: x.dtype)]
    }
}
