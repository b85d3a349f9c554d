import CKernels
import IR
import Passes

extension KernelBench {
    /// A square kernel that keeps the image's size but for its stride.
    package struct Convolution: Sendable {
        package let channels, outputs: Int
        package let height, width: Int
        package let kernel, stride: Int

        package init(channels: Int, outputs: Int, height: Int, width: Int, kernel: Int = 3, stride: Int = 1) {
            (self.channels, self.outputs, self.height, self.width) = (channels, outputs, height, width)
            (self.kernel, self.stride) = (kernel, stride)
        }

        var geometry: ConvGeometry {
            let (before, after) = ((kernel - 1) / 2, kernel / 2)
            return ConvGeometry(stride: [stride, stride], padding: [before, before, after, after])
        }
    }

    /// Times a convolution of one image by every algorithm that can compute it.
    /// - Parameter runs: timed calls of each candidate.
    /// - Throws: ``RuntimeError`` if a kernel refuses the sizes.
    package static func convolution(_ sizes: Convolution, runs: Int = 15) throws -> KernelBench {
        try SettingsLock.shared.whileUnchanged {
            let (height, width) = ((sizes.height - 1) / sizes.stride + 1, (sizes.width - 1) / sizes.stride + 1)
            let taps = sizes.channels * sizes.kernel * sizes.kernel
            let operations = 2 * Double(height * width) * Double(sizes.outputs) * Double(taps)
            return try KernelBench(try Contender.convolutions(sizes, pixels: height * width), operations: operations, runs: runs)
        }
    }
}

extension KernelBench.Contender {
    fileprivate static func convolutions(_ sizes: KernelBench.Convolution, pixels: Int) throws -> [Self] {
        let count = sizes.height * sizes.width * sizes.channels
        let x = Tensor((0..<count).map { Float($0 % 31) * 0.06 - 0.9 }, [sizes.height, sizes.width, sizes.channels])
        return try [("f32", DType.f32), ("bf16", .bf16), ("f16", .f16), ("i8", .i8)].flatMap { type, dtype in
            let shape = [sizes.outputs, sizes.channels, sizes.kernel, sizes.kernel]
            let weight = Tensor((0..<shape.reduce(1, *)).map { Double($0 % 29) - 14 }, shape, as: dtype)
            guard let format = PackedFilter.format(dtype) else { throw RuntimeError("convolutions take no \(type)") }
            var arguments = tk_conv_nhwc_args(sizes, format)
            let picked = tk_conv_nhwc_choose(&arguments)
            let algorithms = sizes.stride == 1 ? [TK_CONV_DIRECT, TK_CONV_WINOGRAD_2, TK_CONV_WINOGRAD_4] : [TK_CONV_DIRECT]
            return algorithms.compactMap { algorithm -> Self? in
                guard let filter = PackedFilter(weight, algorithm) else { return nil }
                let run = call(x, filter, algorithm, arguments, pixels)
                return Self(type: type, kernel: algorithm.name, isPicked: algorithm == picked, run: run)
            }
        }
    }

    private static func call(
        _ x: Tensor, _ filter: PackedFilter, _ algorithm: tk_conv_algorithm, _ arguments: tk_conv_nhwc_args, _ pixels: Int
    ) -> () -> tk_status {
        let outputs = Int(arguments.out_channels)
        let (y, scale) = (StateTensor(zeros: .f32, [pixels, outputs]), Tensor([Float](repeating: 0.01, count: outputs), [outputs]))
        var arguments = arguments
        let scratch = Bytes(zeroed: tk_conv_nhwc_scratch(&arguments, algorithm, tk_max_threads()))
        return {
            var arguments = arguments
            arguments.x = x.bytes.pointer.assumingMemoryBound(to: Float.self)
            arguments.packed = UnsafeRawPointer(filter.memory.bytes.pointer)
            if arguments.format == TK_WEIGHT_I8 { arguments.scale = scale.bytes.pointer.assumingMemoryBound(to: Float.self) }
            arguments.y = y.bytes.pointer.assumingMemoryBound(to: Float.self)
            return withExtendedLifetime((x, filter, y, scale, scratch)) { tk_conv_nhwc(&arguments, algorithm, scratch.pointer) }
        }
    }
}

extension tk_conv_nhwc_args {
    fileprivate init(_ sizes: KernelBench.Convolution, _ format: tk_weight_format) {
        let conv = ConvOperands(geometry: sizes.geometry)
        self.init(
            conv, x: [1, sizes.channels, sizes.height, sizes.width], weight: [sizes.outputs, sizes.channels, sizes.kernel, sizes.kernel],
            format)
        (ldx, x_image) = (sizes.channels, sizes.channels * sizes.height * sizes.width)
        ldy = sizes.outputs
    }
}
