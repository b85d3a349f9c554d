import Tessera

/// Names of element types in the Open Inference Protocol: `FP32`, `INT64`, `BYTES`.
extension ElementType {
    /// Texts, which the protocol calls `BYTES`.
    package static let text = ElementType(.string)

    private static let protocolTypes: [(type: ElementType, name: String)] = [
        (.bool, "BOOL"), (.u8, "UINT8"), (.u16, "UINT16"), (.u32, "UINT32"), (.u64, "UINT64"), (.i8, "INT8"), (.i16, "INT16"),
        (.i32, "INT32"), (.i64, "INT64"), (.f16, "FP16"), (.bf16, "BF16"), (.f32, "FP32"), (.f64, "FP64"), (.text, "BYTES"),
    ]

    /// The type that the protocol calls `name`; types which it does not know go by their name in Tessera, in capitals. Nil if there is none.
    package init?(protocolName name: String) {
        if let known = ElementType.protocolTypes.first(where: { $0.name == name }) {
            self = known.type
        } else if let other = ElementType(name.lowercased()), other.protocolName == name {
            self = other
        } else {
            return nil
        }
    }

    /// What the protocol calls it; the name in Tessera, in capitals, of types which the protocol does not know.
    package var protocolName: String { ElementType.protocolTypes.first { $0.type == self }?.name ?? name.uppercased() }
}
