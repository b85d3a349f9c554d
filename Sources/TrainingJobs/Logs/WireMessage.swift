/// A protobuf message that is written field by field (encoding: https://protobuf.dev/programming-guides/encoding).
struct WireMessage {
    private(set) var bytes: [UInt8] = []

    private enum Kind: UInt64 { case varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5 }

    mutating func add(_ field: Int, _ value: Int64) {
        key(field, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func add(_ field: Int, _ value: Double) {
        key(field, .fixed64)
        bytes += value.bitPattern.littleEndianBytes
    }

    mutating func add(_ field: Int, _ value: Float) {
        key(field, .fixed32)
        bytes += value.bitPattern.littleEndianBytes
    }

    mutating func add(_ field: Int, _ value: String) { add(field, Array(value.utf8)) }

    mutating func add(_ field: Int, _ value: WireMessage) { add(field, value.bytes) }

    mutating func add(_ field: Int, _ value: [UInt8]) {
        key(field, .delimited)
        varint(UInt64(value.count))
        bytes += value
    }

    private mutating func key(_ field: Int, _ kind: Kind) { varint(UInt64(field) << 3 | kind.rawValue) }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
