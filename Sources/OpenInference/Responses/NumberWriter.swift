import Tessera

/// Writes the elements of a tensor as JSON, each with the fewest digits that give its bits back.
enum NumberWriter {
    static func write(_ tensor: Tensor, _ type: ElementType, to text: inout JSONBytes) {
        text.reserve(tensor.count * 4)
        switch type {
        case .bool: for flag in tensor.bools { text.raw(flag ? "true" : "false") }
        case .f32: each(tensor, Float.self) { write($0.description, $0.isFinite, $0.isNaN, &text) }
        case .f64: each(tensor, Double.self) { write($0.description, $0.isFinite, $0.isNaN, &text) }
        case .text: for element in tensor.texts { text.string(element) }
        case .u8: each(tensor, UInt8.self) { text.raw($0.description) }
        case .u16: each(tensor, UInt16.self) { text.raw($0.description) }
        case .u32: each(tensor, UInt32.self) { text.raw($0.description) }
        case .u64: each(tensor, UInt64.self) { text.raw($0.description) }
        case .i8: each(tensor, Int8.self) { text.raw($0.description) }
        case .i16: each(tensor, Int16.self) { text.raw($0.description) }
        case .i32: each(tensor, Int32.self) { text.raw($0.description) }
        case .i64: each(tensor, Int64.self) { text.raw($0.description) }
        default: for value in tensor.floats { write(value.description, value.isFinite, value.isNaN, &text) }
        }
    }

    /// JSON has no numbers for NaN and infinities: texts stand for them.
    private static func write(_ number: String, _ isFinite: Bool, _ isNaN: Bool, _ text: inout JSONBytes) {
        if isFinite { text.raw(number) } else { text.string(isNaN ? "nan" : number) }
    }

    private static func each<T: BitwiseCopyable>(_ tensor: Tensor, _ type: T.Type, _ body: (T) -> Void) {
        tensor.withUnsafeBytes { bytes in
            for place in 0..<(bytes.count / MemoryLayout<T>.stride) {
                body(bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<T>.stride, as: T.self))
            }
        }
    }
}
