import CKernels
import IR

/// A filter of channels-last convolutions in the order in which the kernels of one instruction set read it.
struct PackedFilter: Sendable {
    let format: tk_weight_format
    /// Order for direct convolutions, else that for Winograd's algorithms, which is the same for all of them.
    let isDirect: Bool
    let instructionSet: Machine.InstructionSet
    let memory: PackedBytes
    private let dtype: DType
    /// [out, in, height, width].
    private let shape: [Int]

    /// - Parameter weight: [out, in, height, width] in f32, bf16, f16 or i8; nil for others, or a kernel that `algorithm` cannot run.
    init?(_ weight: Tensor, _ algorithm: tk_conv_algorithm, for set: Machine.InstructionSet = Machine.active) {
        guard let format = PackedFilter.format(weight.dtype), weight.rank == 4 else { return nil }
        let (shape, panel) = (weight.shape, PackedFilter.panel(of: set))
        let size = tk_conv_nhwc_packed_bytes(algorithm, format, panel, shape[1], shape[0], shape[2], shape[3])
        guard size > 0 else { return nil }
        var status = TK_OK
        defer { weight.bytes.evict() }
        let bytes = Bytes.large(count: size) { memory in
            status = tk_conv_nhwc_pack(
                algorithm, format, panel, weight.bytes.pointer, shape[1], shape[0], shape[2], shape[3], memory.baseAddress)
        }
        guard status == TK_OK else { return nil }
        (self.format, isDirect, instructionSet) = (format, algorithm.readsDirectOrder, set)
        (memory, dtype, self.shape) = (PackedBytes(bytes: ByteSlice(bytes)), weight.dtype, shape)
    }

    /// In the order for whichever algorithm can run it that is most often picked.
    init?(_ weight: Tensor, for set: Machine.InstructionSet = Machine.active) {
        guard weight.rank == 4 else { return nil }
        let isPairs = PackedFilter.format(weight.dtype).map { tk_conv_multiplies_pairs($0, weight.shape[1], set.rawValue) != 0 } ?? false
        let suitsWinograd = weight.shape.suffix(2) == [3, 3] && weight.shape[1] > 1 && !isPairs
        self.init(weight, suitsWinograd ? TK_CONV_WINOGRAD_4 : TK_CONV_DIRECT, for: set)
    }

    /// Takes `bytes` that were packed before, and may come from anywhere: nil for what is not as large.
    init?(packed bytes: ByteSlice, _ dtype: DType, _ shape: [Int], isDirect: Bool, for set: Machine.InstructionSet) {
        guard let format = PackedFilter.format(dtype), shape.count == 4 else { return nil }
        let count = tk_conv_nhwc_packed_bytes(
            isDirect ? TK_CONV_DIRECT : TK_CONV_WINOGRAD_4, format, PackedFilter.panel(of: set), shape[1], shape[0], shape[2], shape[3])
        guard count > 0, bytes.count == count, Int(bitPattern: bytes.pointer) % Bytes.alignment == 0 else { return nil }
        (self.format, self.isDirect, instructionSet) = (format, isDirect, set)
        (memory, self.dtype, self.shape) = (PackedBytes(bytes: bytes), dtype, shape)
    }

    /// Outputs that lie together; filters of one algorithm with panels of one size are the same for all instruction sets.
    static func panel(of set: Machine.InstructionSet) -> Int { tk_packed_layout_of(TK_WEIGHT_F32, set.rawValue).panel }

    /// The same filter for another algorithm, or the active instruction set.
    func repacked(for algorithm: tk_conv_algorithm) -> PackedFilter? { plain.flatMap { PackedFilter($0, algorithm) } }

    /// The filter as it was; nil if it cannot be unpacked.
    var plain: Tensor? {
        let panel = PackedFilter.panel(of: instructionSet)
        var status = TK_OK
        let plain = Tensor(dtype, shape) { target in
            status = tk_conv_nhwc_unpack(
                isDirect ? TK_CONV_DIRECT : TK_CONV_WINOGRAD_4, format, panel, memory.bytes.pointer, shape[1], shape[0], shape[2],
                shape[3], target.baseAddress)
        }
        return status == TK_OK ? plain : nil
    }

    static func format(_ dtype: DType) -> tk_weight_format? {
        switch dtype {
        case .f32: TK_WEIGHT_F32
        case .bf16: TK_WEIGHT_BF16
        case .f16: TK_WEIGHT_F16
        case .i8: TK_WEIGHT_I8
        default: nil
        }
    }
}
