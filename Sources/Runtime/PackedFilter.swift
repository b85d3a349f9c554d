import CKernels
import IR

/// A filter of channels-last convolutions in the order in which the kernels of the active instruction set read it.
struct PackedFilter: Sendable {
    let format: tk_weight_format
    let memory: PackedBytes

    /// - Parameter weight: [out, in, height, width] in f32, bf16 or i8; nil for others, or a kernel that `algorithm` cannot run.
    init?(_ weight: Tensor, _ algorithm: tk_conv_algorithm) {
        guard let format = PackedFilter.format(weight.dtype), weight.rank == 4 else { return nil }
        let (out, channels, height, width) = (weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3])
        let size = tk_conv_nhwc_packed_bytes(algorithm, format, channels, out, height, width)
        guard size > 0 else { return nil }
        var status = TK_OK
        defer { weight.bytes.evict() }
        let bytes = Bytes.large(count: size) { memory in
            status = tk_conv_nhwc_pack(algorithm, format, weight.bytes.pointer, channels, out, height, width, memory.baseAddress)
        }
        guard status == TK_OK else { return nil }
        (self.format, memory) = (format, PackedBytes(bytes: bytes))
    }

    static func format(_ dtype: DType) -> tk_weight_format? {
        switch dtype {
        case .f32: TK_WEIGHT_F32
        case .bf16: TK_WEIGHT_BF16
        case .i8: TK_WEIGHT_I8
        default: nil
        }
    }
}
