import IR

/// Operand positions of the operators of the convolution family; x is 0 and the weight 1.
package struct ConvOperands {
    package let geometry: ConvGeometry
    package var activation = Activation.none
    package var scale: Int?
    package var bias = 2
    package var residual: Int?

    package init(geometry: ConvGeometry) { self.geometry = geometry }

    /// nil for an operator that is no convolution.
    package init?(_ op: any Operator) {
        switch op {
        case let op as Conv: geometry = op.geometry
        case let op as FusedConv: (geometry, activation, residual) = (op.geometry, op.activation, FusedConv.residual)
        case let op as QuantizedConv:
            (geometry, activation, scale, bias, residual) = (op.geometry, op.activation, 2, 3, QuantizedConv.residual)
        default: return nil
        }
    }

    /// Whether the kernels for packed filters serve `node`: a constant filter [o, c, h, w] in one group, integers with scales, all else f32.
    package static func hasKernel(_ node: Node, _ graph: Graph) -> Bool {
        guard let conv = ConvOperands(node.op), conv.geometry.groups == 1, let filter = node.inputs.dropFirst().first ?? nil,
            graph.constantKey(of: filter) != nil, graph.type(of: filter).rank == 4,
            graph.type(of: filter).staticShape?.contains(0) == false,
            [.f32, .bf16, .i8].contains(graph.type(of: filter).dtype), (graph.type(of: filter).dtype == .i8) == (conv.scale != nil)
        else { return false }
        return node.inputs.enumerated().allSatisfy { index, input in
            index == 1 || input.map { graph.type(of: $0).dtype == .f32 } ?? true
        }
    }
}
