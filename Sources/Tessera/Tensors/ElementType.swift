import IR

/// Element type of a tensor. In memory elements are little-endian; those of 4 and 2 bits are packed, the first in the lowest
/// bits. Floats of 8 bits and fewer are stored and converted, not computed with.
public struct ElementType: Sendable, Hashable, CustomStringConvertible {
    package let inner: DType

    package init(_ inner: DType) { self.inner = inner }

    /// The type called `name`, for instance `f32`; nil if there is none.
    public init?(_ name: String) {
        guard let inner = DType(rawValue: name) else { return nil }
        self.inner = inner
    }

    /// IEEE 754 of 32 bits.
    public static let f32 = ElementType(.f32)
    /// IEEE 754 of 64 bits.
    public static let f64 = ElementType(.f64)
    /// IEEE 754 of 16 bits.
    public static let f16 = ElementType(.f16)
    /// The upper 16 bits of an f32.
    public static let bf16 = ElementType(.bf16)
    /// Signed, 8 bits.
    public static let i8 = ElementType(.i8)
    /// Unsigned, 8 bits.
    public static let u8 = ElementType(.u8)
    /// Signed, 16 bits.
    public static let i16 = ElementType(.i16)
    /// Unsigned, 16 bits.
    public static let u16 = ElementType(.u16)
    /// Signed, 32 bits.
    public static let i32 = ElementType(.i32)
    /// Unsigned, 32 bits.
    public static let u32 = ElementType(.u32)
    /// Signed, 64 bits.
    public static let i64 = ElementType(.i64)
    /// Unsigned, 64 bits.
    public static let u64 = ElementType(.u64)
    /// A truth value of a byte: any other than 0 is true.
    public static let bool = ElementType(.bool)
    /// Signed, 4 bits: -8…7.
    public static let i4 = ElementType(.i4)
    /// Unsigned, 4 bits: 0…15.
    public static let u4 = ElementType(.u4)
    /// Signed, 2 bits: -2…1.
    public static let i2 = ElementType(.i2)
    /// Unsigned, 2 bits: 0…3.
    public static let u2 = ElementType(.u2)
    /// 8 bits, 4 of the exponent: up to 448, without infinities.
    public static let f8e4m3fn = ElementType(.f8e4m3fn)
    /// 8 bits, 4 of the exponent: up to 240, without infinities and negative zero.
    public static let f8e4m3fnuz = ElementType(.f8e4m3fnuz)
    /// 8 bits, 5 of the exponent: up to 57,344, with infinities.
    public static let f8e5m2 = ElementType(.f8e5m2)
    /// 8 bits, 5 of the exponent: up to 57,344, without infinities and negative zero.
    public static let f8e5m2fnuz = ElementType(.f8e5m2fnuz)
    /// A power of two in 8 bits, 2⁻¹²⁷…2¹²⁷, as scales of groups have it.
    public static let f8e8m0 = ElementType(.f8e8m0)
    /// 4 bits, 2 of the exponent: up to 6.
    public static let f4e2m1 = ElementType(.f4e2m1)

    /// Texts in UTF-8: see ``Tensor/strings``.
    public static let string = ElementType(.string)

    /// For instance `f32`.
    public var name: String { inner.rawValue }

    /// As ``name``.
    public var description: String { name }

    /// Whether its values are floating point numbers.
    public var isFloat: Bool { inner.isFloat }

    /// Whether its values are whole numbers; false for truth values.
    public var isInteger: Bool { inner.isInteger }

    /// Bytes that a tensor of `shape` takes; nil if a size is negative or the number overflows, and for texts, whose sizes differ.
    public func byteCount(_ shape: [Int]) -> Int? { IR.Tensor.elementCount(shape).flatMap { inner.byteCount(of: $0) } }
}

/// A Swift type that stands for an element type: its array has the bytes of the tensor.
public protocol TensorElement: BitwiseCopyable {
    /// The element type that the Swift type stands for.
    static var elementType: ElementType { get }
}

extension Float: TensorElement { public static var elementType: ElementType { .f32 } }
extension Double: TensorElement { public static var elementType: ElementType { .f64 } }
extension Int8: TensorElement { public static var elementType: ElementType { .i8 } }
extension UInt8: TensorElement { public static var elementType: ElementType { .u8 } }
extension Int16: TensorElement { public static var elementType: ElementType { .i16 } }
extension UInt16: TensorElement { public static var elementType: ElementType { .u16 } }
extension Int32: TensorElement { public static var elementType: ElementType { .i32 } }
extension UInt32: TensorElement { public static var elementType: ElementType { .u32 } }
extension Int64: TensorElement { public static var elementType: ElementType { .i64 } }
extension Int: TensorElement { public static var elementType: ElementType { .i64 } }
extension UInt64: TensorElement { public static var elementType: ElementType { .u64 } }
extension Bool: TensorElement { public static var elementType: ElementType { .bool } }
