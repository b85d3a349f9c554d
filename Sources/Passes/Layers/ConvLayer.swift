import IR

/// A convolution with a constant f32 filter, as precision rules see it.
struct ConvLayer {
    let geometry: ConvGeometry
    let activation: Activation
    let filter: Constant
    let x: ValueID
    let bias, residual: ValueID?

    static let anchors: Set<String> = ["conv", "fused_conv"]

    /// nil if the filter is not [o, c, h, w], grouped, small (see ``DenseLayer/smallest``) or no constant in f32 with data, or another operand is not
    /// f32.
    init?(_ node: Node, _ graph: Graph, _ module: Module) {
        switch node.op {
        case let op as Conv: (geometry, activation) = (op.geometry, .none)
        case let op as FusedConv: (geometry, activation) = (op.geometry, op.activation)
        default: return nil
        }
        guard geometry.groups == 1, let x = node.inputs.first ?? nil, let weight = node.inputs.dropFirst().first ?? nil,
            graph.type(of: weight).rank == 4, let constant = graph.constantKey(of: weight).flatMap({ module.constants[$0] }),
            constant.bytes != nil,
            node.inputs.allSatisfy({ $0.map { graph.type(of: $0).dtype == .f32 } ?? true }),
            let count = constant.type.elementCount.value, count >= DenseLayer.smallest
        else { return nil }
        (self.x, filter) = (x, constant)
        bias = node.inputs.count > 2 ? node.inputs[2] : nil
        residual = node.inputs.count > 3 ? node.inputs[3] : nil
    }

    /// A 3 × 3 kernel that visits each pixel once: Winograd's algorithm takes a quarter of its products, in f32.
    var hasWinograd: Bool {
        let own = geometry.spelled(2)
        return own.stride == [1, 1] && own.dilation == [1, 1] && filter.type.shape.suffix(2).allSatisfy { $0.value == 3 }
    }

    /// A 1 × 1 kernel that visits each pixel once: a dense layer of its channels.
    var isPointwise: Bool {
        geometry == ConvGeometry() && filter.type.shape.suffix(2).allSatisfy { $0.value == 1 }
    }
}
