import IR

/// A protobuf message under construction: a list of pieces, so that weights are written from where they lie.
///
/// Lengths are known bottom-up: a message is complete before it becomes a field of another.
struct ProtobufMessage {
    enum Piece {
        case bytes([UInt8])
        case slice(ByteSlice)
    }

    private var closed: [Piece] = []
    private var open: [UInt8] = []
    /// Bytes in all.
    private(set) var count = 0

    /// Bytes up to which a slice is copied: pieces have a cost too.
    private static let smallSlice = 4096

    /// What to write, in order.
    var pieces: [Piece] { open.isEmpty ? closed : closed + [.bytes(open)] }

    /// All of it in one array.
    var bytes: [UInt8] {
        pieces.reduce(into: []) { all, piece in
            switch piece {
            case .bytes(let bytes): all += bytes
            case .slice(let slice): all += slice.buffer
            }
        }
    }

    mutating func add(_ field: Int, _ value: Int) {
        varint(UInt64(field) << 3)
        varint(UInt64(bitPattern: Int64(value)))
    }

    mutating func add(_ field: Int, _ value: Float) {
        varint(UInt64(field) << 3 | 5)
        append(littleEndian(value.bitPattern))
    }

    mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

    /// Leaves the field out where there is no text.
    mutating func add(_ field: Int, unlessEmpty text: String) { if !text.isEmpty { add(field, text) } }

    mutating func add(_ field: Int, _ content: [UInt8]) {
        header(field, content.count)
        append(content)
    }

    mutating func add(_ field: Int, _ content: ByteSlice) {
        header(field, content.count)
        append(content)
    }

    mutating func add(_ field: Int, _ message: ProtobufMessage) {
        header(field, message.count)
        for piece in message.pieces {
            switch piece {
            case .bytes(let bytes): append(bytes)
            case .slice(let slice): append(slice)
            }
        }
    }

    /// Numbers in one field, little-endian.
    mutating func add<Number: FixedWidthInteger>(_ field: Int, packed values: [Number]) {
        add(field, values.flatMap { littleEndian($0) })
    }

    /// Varints in one field.
    mutating func add(_ field: Int, packedVarints values: [UInt64]) {
        var inner = ProtobufMessage()
        for value in values { inner.varint(value) }
        add(field, inner)
    }

    private mutating func header(_ field: Int, _ count: Int) {
        varint(UInt64(field) << 3 | 2)
        varint(UInt64(count))
    }

    private mutating func append(_ bytes: [UInt8]) {
        open += bytes
        count += bytes.count
    }

    private mutating func append(_ slice: ByteSlice) {
        if slice.count <= ProtobufMessage.smallSlice { return append(Array(slice.buffer)) }
        if !open.isEmpty { closed.append(.bytes(open)) }
        open = []
        closed.append(.slice(slice))
        count += slice.count
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            open.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
            count += 1
        }
        open.append(UInt8(value))
        count += 1
    }

    private func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
