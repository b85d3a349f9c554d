import CKernels
import Foundation
import IR
import TestSupport
import Testing

/// Channels-last convolution, every algorithm that suits a case, against loops in double precision.
@Suite struct ConvNHWCTests {
    @Test func plain() async {
        await #expect(processExitsWith: .success) {
            let cases = [
                NHWCCase(channels: 3, out: 8, size: (17, 19)), NHWCCase(channels: 16, out: 16, size: (8, 8)),
                NHWCCase(channels: 300, out: 65, size: (6, 7), kernel: (1, 1), pads: (0, 0, 0, 0)),
                NHWCCase(channels: 5, out: 3, size: (1, 1)),
                NHWCCase(channels: 260, out: 70, size: (14, 14), biased: true),
                NHWCCase(channels: 12, out: 20, size: (26, 31), pads: (2, 0, 1, 3)),
                NHWCCase(channels: 4, out: 4, size: (3, 2), pads: (0, 0, 0, 0)),
                // More transformed tiles than are held at once.
                NHWCCase(channels: 512, out: 3, size: (56, 56)),
                NHWCCase(channels: 3, out: 48, size: (32, 32), kernel: (16, 16), pads: (0, 0, 0, 0), stride: 16),
                NHWCCase(channels: 30, out: 70, size: (15, 17), stride: 2),
                NHWCCase(channels: 10, out: 9, size: (21, 30), kernel: (3, 2), pads: (1, 0, 3, 1), dilation: 2),
            ]
            for conv in cases { try conv.check() }
        }
    }

    @Test func slicesAndSources() async {
        await #expect(processExitsWith: .success) {
            let cases = [
                NHWCCase(batch: 2, channels: 20, out: 37, size: (13, 9), gap: 3, biased: true, residual: true),
                NHWCCase(channels: 33, second: 17, out: 50, size: (7, 7), gap: 5),
                NHWCCase(channels: 24, second: 8, out: 40, size: (7, 10), upsample: 2, biased: true),
                NHWCCase(batch: 2, channels: 24, out: 20, size: (5, 6), pads: (0, 2, 1, 0), upsample: 2, gap: 2),
                NHWCCase(
                    batch: 2, channels: 40, second: 30, out: 33, size: (9, 5), kernel: (1, 1), pads: (0, 0, 0, 0),
                    gap: 1),
                NHWCCase(channels: 8, second: 4, out: 12, size: (11, 9), stride: 2, residual: true),
                NHWCCase(channels: 9, out: 12, size: (6, 5), kernel: (3, 1), pads: (1, 0, 1, 0), upsample: 2),
                NHWCCase(channels: 9, out: 12, size: (6, 5), kernel: (1, 1), pads: (0, 1, 0, 0), upsample: 2),
                NHWCCase(channels: 7, second: 5, out: 12, size: (6, 5), kernel: (2, 1), pads: (1, 0, 1, 0), gap: 2),
            ]
            for conv in cases { try conv.check() }
        }
    }

    /// Weights that are widened on the way: the reference has the values they stand for.
    @Test func narrowWeights() async {
        await #expect(processExitsWith: .success) {
            for format in [TK_WEIGHT_BF16, TK_WEIGHT_F16, TK_WEIGHT_I8] {
                let cases = [
                    NHWCCase(channels: 5, out: 3, size: (1, 1), format: format),
                    NHWCCase(channels: 260, out: 70, size: (14, 14), biased: true, format: format),
                    NHWCCase(batch: 2, channels: 20, second: 13, out: 37, size: (13, 9), gap: 3, residual: true, format: format),
                    NHWCCase(channels: 300, out: 65, size: (6, 7), kernel: (1, 1), pads: (0, 0, 0, 0), format: format),
                    NHWCCase(channels: 30, out: 70, size: (15, 17), stride: 2, format: format),
                ]
                for conv in cases { try conv.check() }
            }
        }
    }

    /// Rows wide enough that products run over x as it lies, but beside the image.
    @Test func slidingRows() async {
        await #expect(processExitsWith: .success) {
            let cases = [
                NHWCCase(batch: 2, channels: 130, out: 24, size: (5, 26), stride: 2, biased: true, residual: true),
                NHWCCase(channels: 4, out: 33, size: (6, 3), kernel: (2, 5), pads: (1, 9, 0, 9)),
                NHWCCase(channels: 6, out: 20, size: (4, 30), kernel: (3, 1), pads: (4, 0, 4, 0)),
                NHWCCase(channels: 12, out: 12, size: (9, 24), kernel: (2, 2), pads: (0, 0, 1, 1), biased: true),
                NHWCCase(channels: 40, out: 60, size: (3, 29), kernel: (1, 1), pads: (0, 0, 0, 0), stride: 2),
                NHWCCase(channels: 3, out: 17, size: (3, 16), kernel: (5, 4), pads: (0, 1, 2, 5), activation: TK_ACT_RELU),
            ]
            for conv in cases { try conv.check() }
        }
    }

    /// Channels that are no whole panels or vectors, more of them than a task takes, kernels beyond the image, gaps between pixels.
    @Test func depthwise() async {
        await #expect(processExitsWith: .success) {
            let cases = [
                NHWCCase(channels: 16, out: 16, size: (9, 23), biased: true, depthwise: true),
                NHWCCase(batch: 2, channels: 37, out: 37, size: (12, 13), gap: 3, biased: true, residual: true, depthwise: true),
                NHWCCase(channels: 300, out: 300, size: (5, 4), kernel: (5, 5), pads: (2, 2, 2, 2), depthwise: true),
                NHWCCase(channels: 3, out: 3, size: (14, 31), stride: 2, biased: true, depthwise: true),
                NHWCCase(channels: 24, out: 24, size: (11, 30), kernel: (3, 7), pads: (1, 4, 0, 2), dilation: 2, depthwise: true),
                NHWCCase(channels: 8, out: 8, size: (2, 3), kernel: (7, 7), pads: (6, 6, 6, 6), residual: true, depthwise: true),
                NHWCCase(channels: 70, out: 70, size: (1, 40), kernel: (1, 5), pads: (0, 2, 0, 2), stride: 3, depthwise: true),
            ]
            for conv in cases { try conv.check() }
        }
    }

    @Test func activations() async {
        await #expect(processExitsWith: .success) {
            for kind in UInt32(0)...6 {
                let activation = tk_activation(rawValue: kind)
                let conv = NHWCCase(
                    channels: 9, out: 21, size: (6, 5), biased: true, residual: true, activation: activation)
                try conv.check()
            }
        }
    }

    @Test func choice() {
        var arguments = NHWCCase(channels: 512, out: 512, size: (28, 28)).arguments
        #expect(tk_conv_nhwc_choose(&arguments) == TK_CONV_WINOGRAD_4)
        (arguments.height, arguments.width) = (14, 14)
        #expect(tk_conv_nhwc_choose(&arguments) == TK_CONV_WINOGRAD_4)
        (arguments.height, arguments.width) = (6, 6)
        #expect(tk_conv_nhwc_choose(&arguments) == TK_CONV_WINOGRAD_2)
        (arguments.height, arguments.width) = (3, 3)
        #expect(tk_conv_nhwc_choose(&arguments) == TK_CONV_DIRECT)
        (arguments.height, arguments.stride_h) = (28, 2)
        #expect(tk_conv_nhwc_choose(&arguments) == TK_CONV_DIRECT)
        #expect(tk_conv_nhwc(&arguments, TK_CONV_WINOGRAD_2, nil) == TK_UNSUPPORTED)
        arguments.upsample = 3
        #expect(tk_conv_nhwc(&arguments, TK_CONV_DIRECT, nil) == TK_BAD_ARGUMENT)
        #expect(tk_conv_nhwc_packed_bytes(TK_CONV_WINOGRAD_4, TK_WEIGHT_F32, 16, 8, 8, 5, 5) == 0)
        #expect(tk_conv_nhwc_packed_bytes(TK_CONV_DIRECT, TK_WEIGHT_I7, 16, 8, 8, 3, 3) == 0)
        (arguments.upsample, arguments.format) = (1, TK_WEIGHT_I8)
        #expect(tk_conv_nhwc(&arguments, TK_CONV_DIRECT, nil) == TK_BAD_ARGUMENT, "integers need scales")
    }
}

/// `gap` more floats lie between pixels than there are channels, in every tensor; a residual is y itself.
private struct NHWCCase {
    var batch = 1
    var channels: Int
    var second = 0
    var out: Int
    var size: (Int, Int)
    var kernel = (3, 3)
    /// Top, left, bottom, right.
    var pads = (1, 1, 1, 1)
    var stride = 1
    var dilation = 1
    var upsample = 1
    var gap = 0
    var biased = false
    var residual = false
    var activation = TK_ACT_NONE
    var format = TK_WEIGHT_F32
    var depthwise = false

    private var outHeight: Int {
        tk_conv2d_output(size.0 * upsample, kernel.0, stride, pads.0 + pads.2, dilation)
    }
    private var outWidth: Int {
        tk_conv2d_output(size.1 * upsample, kernel.1, stride, pads.1 + pads.3, dilation)
    }
    /// Input channels of one output.
    private var weightChannels: Int { depthwise ? 1 : channels + second }
    private var depth: Int { weightChannels * kernel.0 * kernel.1 }
    private var suitsWinograd: Bool { !depthwise && kernel == (3, 3) && stride == 1 && dilation == 1 }

    /// Values that bf16 holds where weights are narrow: AMX rounds those, which then changes nothing.
    private func inputs(_ values: Tensor) -> [Float] {
        format == TK_WEIGHT_F32 ? values.floats : values.floats.map { BFloat16.float(fromBits: BFloat16.bits(of: $0)) }
    }

    func check() throws {
        var draw = SampleTensors(seed: UInt64(channels * 100 + size.0))
        let x = inputs(draw.floats([batch, size.0 * size.1, channels + gap]))
        let x2 = inputs(draw.floats([batch, size.0 * size.1, second + gap + 1]))
        let filter = Filter(draw.floats([out, depth]).floats, out, format)
        let (weight, bias) = (filter.values, draw.floats([out]).floats)
        let start = draw.floats([batch, outHeight * outWidth, out + gap]).floats
        let (expected, magnitudes) = reference(x, x2, weight, bias, start)
        // Winograd's errors come from all of a tile, so they are held against the largest sum of |weights|; |x| <= 2.
        let sums = (0..<out).map { o in weight[o * depth..<(o + 1) * depth].reduce(0.0) { $0 + Double(abs($1)) } }
        let largest = sums.max() ?? 0
        let winograd = suitsWinograd ? [TK_CONV_WINOGRAD_2, TK_CONV_WINOGRAD_4] : []
        for algorithm in depthwise ? [TK_CONV_DEPTHWISE] : [TK_CONV_DIRECT] + winograd {
            let name = "conv_nhwc \(self), algorithm \(algorithm.rawValue)"
            let results = try Sweep(name: name).run(expected.count, Float.self, initially: start) { y in
                filter.withElements { call(algorithm, x, x2, $0, filter.scale, bias, y) }
            }
            for result in results {
                let wrong = fault(result, expected) { index in
                    guard magnitudes[index] >= 0 else { return 0 }
                    let direct = Double(depth + 8) * 0x1p-24 * magnitudes[index]
                    let bound = winograd.contains(algorithm) ? 2e-6 * largest : direct
                    return 1.2 * bound + 4e-7 * (1 + abs(expected[index]))
                }
                #expect(wrong == nil, "\(name)")
            }
        }
    }

    /// Values of y and sums of the products' magnitudes; -1 between pixels, where y keeps what it had.
    private func reference(
        _ x: [Float], _ x2: [Float], _ weight: [Float], _ bias: [Float], _ start: [Float]
    ) -> ([Double], [Double]) {
        var (values, magnitudes) = (start.map { Double($0) }, [Double](repeating: -1, count: start.count))
        for pixel in 0..<(batch * outHeight * outWidth) {
            for o in 0..<out {
                let index = pixel * (out + gap) + o
                let (sum, magnitude) = dot(x, x2, weight, pixel, o)
                let b = biased ? Double(bias[o]) : 0
                values[index] = activate(sum + b) + (residual ? Double(start[index]) : 0)
                magnitudes[index] = magnitude + abs(b)
            }
        }
        return (values, magnitudes)
    }

    private func dot(_ x: [Float], _ x2: [Float], _ weight: [Float], _ pixel: Int, _ o: Int) -> (Double, Double) {
        let (image, i, j) = (pixel / (outHeight * outWidth), pixel / outWidth % outHeight, pixel % outWidth)
        var (sum, magnitude) = (0.0, 0.0)
        for tap in 0..<(kernel.0 * kernel.1) {
            let row = i * stride + tap / kernel.1 * dilation - pads.0
            let column = j * stride + tap % kernel.1 * dilation - pads.1
            guard row >= 0, column >= 0, row < size.0 * upsample, column < size.1 * upsample else { continue }
            let source = (image * size.0 + row / upsample) * size.1 + column / upsample
            for c in 0..<weightChannels {
                let c = depthwise ? o : c
                let at = c < channels ? source * (channels + gap) + c : source * (second + gap + 1) + c - channels
                let factor = weight[o * depth + (depthwise ? 0 : c) * kernel.0 * kernel.1 + tap]
                let product = Double(c < channels ? x[at] : x2[at]) * Double(factor)
                sum += product
                magnitude += abs(product)
            }
        }
        return (sum, magnitude)
    }

    private func activate(_ z: Double) -> Double {
        switch activation {
        case TK_ACT_RELU: return max(z, 0)
        case TK_ACT_GELU_ERF: return 0.5 * z * (1 + erf(z * 0.5.squareRoot()))
        case TK_ACT_GELU_TANH: return 0.5 * z * (1 + tanh((2 / Double.pi).squareRoot() * (z + 0.044715 * z * z * z)))
        case TK_ACT_SILU: return z / (1 + exp(-z))
        case TK_ACT_TANH: return tanh(z)
        case TK_ACT_SIGMOID: return 1 / (1 + exp(-z))
        default: return z
        }
    }

    /// All but the pointers.
    var arguments: tk_conv_nhwc_args {
        var arguments = tk_conv_nhwc_args()
        (arguments.batch, arguments.in_channels, arguments.in_channels2) = (batch, channels, second)
        (arguments.height, arguments.width, arguments.out_channels) = (size.0, size.1, out)
        (arguments.kernel_h, arguments.kernel_w) = kernel
        (arguments.stride_h, arguments.stride_w) = (stride, stride)
        (arguments.pad_top, arguments.pad_left, arguments.pad_bottom, arguments.pad_right) = pads
        (arguments.dilation_h, arguments.dilation_w, arguments.upsample) = (dilation, dilation, upsample)
        (arguments.ldx, arguments.x_image) = (channels + gap, size.0 * size.1 * (channels + gap))
        (arguments.ldx2, arguments.x2_image) = (second + gap + 1, size.0 * size.1 * (second + gap + 1))
        (arguments.ldy, arguments.y_image) = (out + gap, outHeight * outWidth * (out + gap))
        (arguments.ldres, arguments.res_image) = (arguments.ldy, arguments.y_image)
        (arguments.activation, arguments.format) = (activation, format)
        return arguments
    }

    private func call(
        _ algorithm: tk_conv_algorithm, _ x: UnsafePointer<Float>, _ x2: UnsafePointer<Float>,
        _ weight: UnsafeRawPointer?, _ scale: [Float], _ bias: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        let panel = tk_packed_layout_of(TK_WEIGHT_F32, tk_active_isa()).panel
        let bytes = Int(tk_conv_nhwc_packed_bytes(algorithm, format, panel, weightChannels, out, kernel.0, kernel.1))
        let packed = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer { packed.deallocate() }
        let status = tk_conv_nhwc_pack(algorithm, format, panel, weight, weightChannels, out, kernel.0, kernel.1, packed)
        guard status == TK_OK else { return status }
        return scale.withUnsafeBufferPointer { run(algorithm, x, x2, packed, $0.baseAddress, bias, y) }
    }

    private func run(
        _ algorithm: tk_conv_algorithm, _ x: UnsafePointer<Float>, _ x2: UnsafePointer<Float>, _ packed: UnsafeRawPointer,
        _ scale: UnsafePointer<Float>?, _ bias: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) -> tk_status {
        var arguments = self.arguments
        (arguments.x, arguments.packed, arguments.y) = (x, packed, y)
        if format == TK_WEIGHT_I8 { arguments.scale = scale }
        if second > 0 { arguments.x2 = x2 }
        if biased { arguments.bias = bias }
        if residual { arguments.residual = UnsafePointer(y) }
        return withScratch(Int(tk_conv_nhwc_scratch(&arguments, algorithm, tk_max_threads()))) { scratch in
            tk_conv_nhwc(&arguments, algorithm, scratch)
        }
    }
}

/// A filter [out, depth] in the elements of a format, and the values that they stand for.
private struct Filter {
    let values: [Float]
    /// Of integers; [out].
    let scale: [Float]
    private let bytes: [UInt8]

    init(_ weight: [Float], _ out: Int, _ format: tk_weight_format) {
        let depth = weight.count / out
        switch format {
        case TK_WEIGHT_BF16:
            let bits = weight.map { UInt16($0.bitPattern >> 16) }
            (values, scale) = (bits.map { Float(bitPattern: UInt32($0) << 16) }, [])
            bytes = bits.withUnsafeBytes { [UInt8]($0) }
        case TK_WEIGHT_F16:
            let halves = Tensor(weight, [weight.count]).doubles
            let tensor = Tensor(halves, [weight.count], as: .f16)
            (values, scale, bytes) = (tensor.floats, [], [UInt8](tensor.bytes.buffer))
        case TK_WEIGHT_I8:
            let scale = (0..<out).map { Float($0 + 1) / 400 }
            let integers = weight.enumerated().map { Int8(max(-127, min(127, ($1 / scale[$0 / depth]).rounded()))) }
            values = integers.enumerated().map { Float($1) * scale[$0 / depth] }
            (self.scale, bytes) = (scale, integers.withUnsafeBytes { [UInt8]($0) })
        default: (values, scale, bytes) = (weight, [], weight.withUnsafeBytes { [UInt8]($0) })
        }
    }

    func withElements(_ body: (UnsafeRawPointer?) -> tk_status) -> tk_status { bytes.withUnsafeBytes { body($0.baseAddress) } }
}
