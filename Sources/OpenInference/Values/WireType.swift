import Tessera

/// Element types of the Open Inference Protocol, by the names that it gives them.
package enum WireType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "UINT8"
    case uint16 = "UINT16"
    case uint32 = "UINT32"
    case uint64 = "UINT64"
    case int8 = "INT8"
    case int16 = "INT16"
    case int32 = "INT32"
    case int64 = "INT64"
    case fp16 = "FP16"
    case bf16 = "BF16"
    case fp32 = "FP32"
    case fp64 = "FP64"
    /// Texts or byte strings, each behind its length in 4 bytes.
    case bytes = "BYTES"

    /// What stands for `type`; nil where the protocol has no name for it.
    package init?(_ type: ElementType) {
        guard let found = WireType.allCases.first(where: { $0.elementType == type }) else { return nil }
        self = found
    }

    /// The element type of tensors; nil for ``bytes``.
    package var elementType: ElementType? {
        switch self {
        case .bool: .bool
        case .uint8: .u8
        case .uint16: .u16
        case .uint32: .u32
        case .uint64: .u64
        case .int8: .i8
        case .int16: .i16
        case .int32: .i32
        case .int64: .i64
        case .fp16: .f16
        case .bf16: .bf16
        case .fp32: .f32
        case .fp64: .f64
        case .bytes: nil
        }
    }

    /// The name in a model's configuration: `TYPE_FP32`.
    package var configurationName: String { self == .bytes ? "TYPE_STRING" : "TYPE_\(rawValue)" }

    /// The name of `type`, also of one that the protocol has none for: `F8E5M2`.
    package static func name(_ type: ElementType) -> String { WireType(type)?.rawValue ?? type.name.uppercased() }
}
