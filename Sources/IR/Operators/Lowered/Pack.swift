/// A weight in the order in which kernels read it.
package struct Pack: LoweredOperator {
    package static let opName = "pack"

    package static let documentation = OperatorDocumentation(
        "Puts a weight into the order in which kernels read it. It is computed when a module is made ready for a machine, whose "
            + "instruction set decides the order: unfolded, a module fits any machine.",
        formula: "y = x, in another order in memory", operands: ["x: any[…], a constant"], results: ["y: as x, of that layout"],
        attributes: ["layout": "'panels', 'weight_only_panels' or 'filter'"], onnx: "none: Identity")

    package let layout: Layout

    package init(_ layout: Layout) { self.layout = layout }

    package init(reading attributes: inout AttributeReader) throws { layout = try attributes.choice("layout") }

    package var attributes: Attributes { ["layout": .string(layout.rawValue)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        try Check.rank(x, layout == .filter ? 4...4 : 2...2, "x")
        return [x.with(layout: layout)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Cost(flops: 0, bytes: 0) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] { [try Tensor.operand(inputs, 0)] }
}
