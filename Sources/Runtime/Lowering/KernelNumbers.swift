import CKernels
import IR

/// Numbers of the elementwise kernels by operator name, as `kernels.def` lists them.
enum KernelNumbers {
    static let unary: [String: tk_unary_op] = names("unary.", 0..<Int(TK_UNARY_COUNT.rawValue)).mapValues { tk_unary_op(UInt32($0)) }

    static let binary: [String: tk_binary_op] = {
        let first = Int(TK_UNARY_COUNT.rawValue)
        return names("binary.", first..<first + Int(TK_BINARY_COUNT.rawValue)).mapValues { tk_binary_op(UInt32($0 - first)) }
    }()

    /// Lines of the kernel table by what stands behind `prefix`.
    private static func names(_ prefix: String, _ lines: Range<Int>) -> [String: Int] {
        var numbers: [String: Int] = [:]
        for line in lines {
            guard let name = tk_kernel_at(line).name.map({ String(cString: $0) }), name.hasPrefix(prefix) else { continue }
            numbers[String(name.dropFirst(prefix.count))] = line
        }
        return numbers
    }
}

extension DType {
    /// The number that kernels know this type by. The packed types, narrow floats and strings have none; they never meet kernels that ask.
    var kernelType: tk_dtype {
        switch self {
        case .f32: TK_F32
        case .f16: TK_F16
        case .bf16: TK_BF16
        case .f64: TK_F64
        case .i8, .i4, .i2, .string: TK_I8
        case .u8, .u4, .u2, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: TK_U8
        case .i16: TK_I16
        case .u16: TK_U16
        case .i32: TK_I32
        case .u32: TK_U32
        case .i64: TK_I64
        case .u64: TK_U64
        case .bool: TK_BOOL
        }
    }

    /// Floats of 16 bits, which compute in f32.
    var isHalf: Bool { self == .f16 || self == .bf16 }
}

extension LoweringContext {
    /// A dense f32 copy of dense `view`.
    func widened(_ view: View) -> View {
        let wide = allocate(.f32, view.sizes)
        cast(view, to: wide)
        return wide
    }

    /// Converts dense `source` into dense `target`.
    func cast(_ source: View, to target: View) {
        let (from, out, count, old, new) = (source.ref, target.ref, source.count, source.dtype.kernelType, target.dtype.kernelType)
        emit("cast", [source, target]) { Outcome(tk_cast(old, new, $0.raw(from), $0.raw(out), count)) }
    }
}
