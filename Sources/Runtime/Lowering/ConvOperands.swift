import CKernels
import IR

/// Operand positions of the operators of the convolution family; x is 0 and the weight 1.
struct ConvOperands {
    let geometry: Conv2DGeometry
    var activation = Activation.none
    var scale: Int?
    var bias = 2
    var residual: Int?

    /// Whether the kernels for packed filters serve `node`: a constant filter in one group, integers with scales, all else f32.
    static func hasKernel(_ node: Node, _ graph: Graph) -> Bool {
        guard let conv = ConvOperands(node.op), conv.geometry.groups == 1, let filter = node.inputs.dropFirst().first ?? nil,
            graph.constantKey(of: filter) != nil, graph.type(of: filter).staticShape?.contains(0) == false,
            let format = PackedFilter.format(graph.type(of: filter).dtype), (format == TK_WEIGHT_I8) == (conv.scale != nil)
        else { return false }
        return node.inputs.enumerated().allSatisfy { index, input in
            index == 1 || input.map { graph.type(of: $0).dtype == .f32 } ?? true
        }
    }

    init(geometry: Conv2DGeometry) { self.geometry = geometry }

    /// nil for an operator that is no convolution.
    init?(_ op: any Operator) {
        switch op {
        case let op as Conv2D: geometry = op.geometry
        case let op as FusedConv2D: (geometry, activation, residual) = (op.geometry, op.activation, 3)
        case let op as QuantizedConv2D:
            (geometry, activation, scale, bias, residual) = (op.geometry, op.activation, 2, 3, 4)
        default: return nil
        }
    }
}

extension tk_conv_nhwc_args {
    /// Sizes and geometry of a channels-last convolution; strides and pointers are yet to come.
    /// - Parameters:
    ///   - x: [batch, channels, height, width].
    ///   - weight: [outputs, channels, height, width].
    init(_ conv: ConvOperands, x: [Int], weight: [Int], _ format: tk_weight_format) {
        self.init()
        (batch, in_channels, height, width) = (x[0], x[1], x[2], x[3])
        (out_channels, kernel_h, kernel_w) = (weight[0], weight[2], weight[3])
        let (stride, padding, dilation) = (conv.geometry.stride, conv.geometry.padding, conv.geometry.dilation)
        (stride_h, stride_w) = (stride[0], stride[1])
        (pad_top, pad_left, pad_bottom, pad_right) = (padding[0], padding[1], padding[2], padding[3])
        (dilation_h, dilation_w) = (dilation[0], dilation[1])
        (upsample, activation, self.format) = (1, conv.activation.kernel, format)
    }
}

extension tk_conv_algorithm {
    /// For profiles and timings.
    var name: String {
        switch self {
        case TK_CONV_WINOGRAD_2: "winograd2"
        case TK_CONV_WINOGRAD_4: "winograd4"
        default: "direct"
        }
    }
}
