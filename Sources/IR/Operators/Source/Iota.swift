/// Consecutive integers.
package struct Iota: TensorOperator {
    package static let opName = "iota"

    package static let documentation = OperatorDocumentation(
        "Counts up from a start.", formula: "y[i] = start + i", operands: [], results: ["y: i64[size]"],
        attributes: ["size": "how many", "start": "the first, default 0"], onnx: "Range with delta 1")

    package let size: Dim
    package let start: Int

    package init(size: Dim, start: Int = 0) {
        self.size = size
        self.start = start
    }

    package init(reading attributes: inout AttributeReader) throws {
        size = try attributes.dim("size")
        start = try attributes.int("start", default: 0)
    }

    package var attributes: Attributes { start == 0 ? ["size": .dim(size)] : ["size": .dim(size), "start": .int(start)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 0...0)
        try Check.atLeastZero(size, "size cannot be \(size)")
        return [TensorType(.i64, [size])]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .movement([], outputs) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let sizes = try TensorType(.i64, [size]).sizes(binding)
        return [Tensor(integers: (0..<sizes[0]).map { start &+ $0 }, sizes)]
    }
}
