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

    /// Whether the kernels for packed filters serve `node`: a constant filter [o, c, h, w] in one group, integers with scales, or one
    /// that is depthwise and f32; all else f32.
    package static func hasKernel(_ node: Node, _ graph: Graph) -> Bool {
        guard let filter = node.inputs.dropFirst().first ?? nil else { return false }
        return graph.constantKey(of: filter) != nil && takesFilter(node, graph)
    }

    /// Whether those kernels serve `node` with a filter of f32 that is computed, or given, and packed when it runs.
    package static func hasComputedFilter(_ node: Node, _ graph: Graph) -> Bool {
        guard let filter = node.inputs.dropFirst().first ?? nil, graph.constantKey(of: filter) == nil else { return false }
        return graph.type(of: filter).layout == nil && graph.type(of: filter).dtype == .f32 && takesFilter(node, graph)
    }

    private static func takesFilter(_ node: Node, _ graph: Graph) -> Bool {
        guard let conv = ConvOperands(node.op), let filter = node.inputs.dropFirst().first ?? nil,
            let shape = graph.type(of: filter).staticShape, shape.count == 4, !shape.contains(0),
            [.f32, .bf16, .f16, .i8].contains(graph.type(of: filter).dtype), (graph.type(of: filter).dtype == .i8) == (conv.scale != nil),
            conv.geometry.groups == 1 || conv.isDepthwise(shape) && graph.type(of: filter).dtype == .f32
        else { return false }
        return node.inputs.enumerated().allSatisfy { index, input in
            index == 1 || input.map { graph.type(of: $0).dtype == .f32 } ?? true
        }
    }

    /// Whether each output channel is the convolution of one input channel, and there are as many of them.
    private func isDepthwise(_ filter: [Int]) -> Bool { geometry.groups == filter[0] && filter[1] == 1 }
}
