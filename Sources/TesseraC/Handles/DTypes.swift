// Functions are called as in C.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CTessera
import Tessera

/// The element types as C numbers them.
enum DTypes {
    /// In C's order; the first is 1.
    static let all: [ElementType] = [
        .f32, .f64, .f16, .bf16, .i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64, .bool, .i4, .u4, .i2, .u2,
        .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .string,
    ]

    /// Place in ``all``; nil for a number that is no type.
    static func index(_ type: tessera_dtype) -> Int? {
        let number = Int(type.rawValue)
        return number >= 1 && number <= all.count ? number - 1 : nil
    }

    /// The number of `type`.
    static func number(_ type: ElementType) -> tessera_dtype { tessera_dtype(UInt32((all.firstIndex(of: type) ?? -1) + 1)) }

    /// - Throws: `TesseraError` for a number that is no type.
    static func type(_ number: tessera_dtype, _ name: @autoclosure () -> String) throws(TesseraError) -> ElementType {
        if let index = index(number) { return all[index] }
        throw wrong("\(name()).dtype is \(number.rawValue), which is no element type")
    }
}

/// `tessera_dtype_bytes`
@c @implementation
package func tessera_dtype_bytes(_ type: tessera_dtype, _ rank: Int, _ shape: UnsafePointer<Int64>?) -> Int {
    let none = -1  // SIZE_MAX
    guard let index = DTypes.index(type), rank >= 0, rank <= mostRank, shape != nil || rank == 0 else { return none }
    return DTypes.all[index].byteCount((0..<rank).map { Int(shape?[$0] ?? 0) }) ?? none
}

/// More sizes than a tensor has.
let mostRank = 64
