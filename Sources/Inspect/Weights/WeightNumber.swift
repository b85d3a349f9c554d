/// What a tensor's numbers are looked at as: `Float`, or `Double` where that would round them.
protocol WeightNumber: BinaryFloatingPoint, BitwiseCopyable, Sendable {
    /// As many bits as the number has.
    associatedtype Key: FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable

    /// Leading bits of a key that leave sign, exponent and 7 digits of the fraction.
    static var leadingBits: Int { get }
    /// Rises with the number; that of -0 is that of 0.
    var key: Key { get }
    init(key: Key)

    /// Numbers `first` and so on of `reader`, all of which must be there.
    static func read(_ reader: WeightReader, from first: Int, into target: UnsafeMutableBufferPointer<Self>)
    /// Adds a row to `sums`.
    static func add(_ row: UnsafeBufferPointer<Self>, isRounded: Bool, to sums: inout WeightSums)
}

extension Float: WeightNumber {
    static let leadingBits = 16

    @inline(__always)
    var key: UInt32 {
        let bits = (self + 0).bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 1 << 31
    }

    init(key: UInt32) { self.init(bitPattern: key >> 31 == 1 ? key & ~(1 << 31) : ~key) }

    static func read(_ reader: WeightReader, from first: Int, into target: UnsafeMutableBufferPointer<Float>) {
        reader.read(from: first, into: target)
    }

    static func add(_ row: UnsafeBufferPointer<Float>, isRounded: Bool, to sums: inout WeightSums) {
        sums.add(row: row, isRounded: isRounded)
    }
}

extension Double: WeightNumber {
    static let leadingBits = 19

    @inline(__always)
    var key: UInt64 {
        let bits = (self + 0).bitPattern
        return bits >> 63 == 1 ? ~bits : bits | 1 << 63
    }

    init(key: UInt64) { self.init(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key) }

    static func read(_ reader: WeightReader, from first: Int, into target: UnsafeMutableBufferPointer<Double>) {
        reader.read(from: first, into: target)
    }

    static func add(_ row: UnsafeBufferPointer<Double>, isRounded: Bool, to sums: inout WeightSums) {
        sums.add(row: row, isRounded: isRounded)
    }
}
