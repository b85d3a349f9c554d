import CKernels
import IR
import Passes

extension tk_conv_nhwc_args {
    /// Sizes and geometry of a channels-last convolution; strides and pointers are yet to come.
    /// - Parameters:
    ///   - x: [batch, channels, height, width].
    ///   - weight: [outputs, channels, height, width].
    init(_ conv: ConvOperands, x: [Int], weight: [Int], _ format: tk_weight_format) {
        self.init()
        (batch, in_channels, height, width) = (x[0], x[1], x[2], x[3])
        (out_channels, kernel_h, kernel_w) = (weight[0], weight[2], weight[3])
        let (stride, padding, dilation) = conv.geometry.spelled(2)
        (stride_h, stride_w) = (stride[0], stride[1])
        (pad_top, pad_left, pad_bottom, pad_right) = (padding[0], padding[1], padding[2], padding[3])
        (dilation_h, dilation_w) = (dilation[0], dilation[1])
        (upsample, activation, self.format) = (1, conv.activation.kernel, format)
    }
}

extension tk_conv_algorithm {
    /// Whether it reads filters in the order of direct convolutions rather than Winograd's.
    var readsDirectOrder: Bool { self == TK_CONV_DIRECT || self == TK_CONV_DEPTHWISE }

    /// For profiles and timings.
    var name: String {
        switch self {
        case TK_CONV_WINOGRAD_2: "winograd2"
        case TK_CONV_WINOGRAD_4: "winograd4"
        case TK_CONV_DEPTHWISE: "depthwise"
        default: "direct"
        }
    }
}
