/// What ``FusedConv`` and ``QuantizedConv`` share: a geometry, an activation and a residual.
package protocol ConvEnding: FusedOperator {
    var geometry: ConvGeometry { get }
    var activation: Activation { get }
    /// Position of the operand that is added last.
    static var residual: Int { get }

    init(_ geometry: ConvGeometry, activation: Activation)
}

extension ConvEnding {
    package init(reading attributes: inout AttributeReader) throws {
        self.init(
            try ConvGeometry(reading: &attributes), activation: try attributes.choice("activation", default: Activation.none))
    }

    package var attributes: Attributes {
        var fields = geometry.attributes
        if activation != .none { fields["activation"] = .string(activation.rawValue) }
        return fields
    }

    package var packedOperands: [Int] { [1] }

    static var attributeDocumentation: [String: String] {
        ConvGeometry.documentation.merging(["activation": Activation.documentation]) { first, _ in first }
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        var cost = geometry.cost(inputs, outputs)
        let perElement = activation.flops + inputs.dropFirst(Self.residual).compactMap { $0 }.count
        cost.flops = cost.flops + outputs.reduce(0) { $0 + $1.elementCount } * Dim(perElement)
        return cost
    }

    /// `y` with the residual, if there is one, which must be a float tensor of its shape.
    func checkResidual(_ inputs: [TensorType?], _ y: TensorType) throws -> [TensorType] {
        if let residual = Check.optional(inputs, Self.residual) {
            try Check.float(residual, "residual")
            try Check.shape(residual, y.shape, "residual")
        }
        return [y]
    }

    /// activation(product) + residual
    func ended(_ product: (values: [Double], shape: [Int]), _ inputs: [Tensor?], as dtype: DType) -> [Tensor] {
        var values = product.values.map(activation.apply)
        if inputs.count > Self.residual, let residual = inputs[Self.residual]?.doubles {
            for index in values.indices { values[index] += residual[index] }
        }
        return [Tensor(values, product.shape, as: dtype)]
    }
}
