import CKernels
import IR

/// A weight of dense layers in the order in which the kernels of one instruction set read it.
final class PackedWeight: Sendable {
    let format: tk_weight_format
    let instructionSet: Machine.InstructionSet
    /// Outputs and inputs of the layer.
    let rows, columns: Int
    let bytes: ByteSlice

    /// Whether it is for products with an x that is not rounded.
    var isWeightOnly: Bool { format == TK_WEIGHT_W8 || format == TK_WEIGHT_W4 }

    /// - Parameter weight: dense [rows, columns] in the format's element type.
    init?(_ weight: ByteSlice, _ format: tk_weight_format, rows: Int, columns: Int, for set: Machine.InstructionSet) {
        let layout = tk_packed_layout_of(format, set.rawValue)
        var status = TK_OK
        let packed = Bytes.large(count: tk_packed_bytes(format, layout, rows, columns)) { memory in
            status = TK_UNSUPPORTED
            if let turned = weight.transposed, turned.rows == rows, turned.columns == columns {
                status = tk_pack_transposed(format, layout, turned.source.pointer, rows, rows, columns, memory.baseAddress)
            }
            guard status == TK_UNSUPPORTED else { return }
            status = tk_pack_weight(format, layout, weight.pointer, columns, rows, columns, memory.baseAddress)
        }
        guard status == TK_OK else { return nil }
        bytes = ByteSlice(packed)
        (self.format, instructionSet, self.rows, self.columns) = (format, set, rows, columns)
    }

    /// Takes `bytes` that were packed before, and may come from anywhere: nil for what is not as large, or names places beyond it.
    init?(packed bytes: ByteSlice, _ format: tk_weight_format, rows: Int, columns: Int, for set: Machine.InstructionSet) {
        let layout = tk_packed_layout_of(format, set.rawValue)
        let count = tk_packed_bytes(format, layout, rows, columns)
        guard count > 0, bytes.count == count, Int(bitPattern: bytes.pointer) % Bytes.alignment == 0,
            tk_packed_is_sound(format, layout, bytes.pointer, rows, columns) != 0
        else { return nil }
        self.bytes = bytes
        (self.format, instructionSet, self.rows, self.columns) = (format, set, rows, columns)
    }

    /// Whether weights of both lie in the same order.
    static func areAlike(_ a: tk_packed_layout, _ b: tk_packed_layout) -> Bool {
        (a.panel, a.group, a.width) == (b.panel, b.group, b.width)
    }

    /// The same weight for another instruction set, or itself.
    func repacked(for set: Machine.InstructionSet) -> PackedWeight? {
        let layout = tk_packed_layout_of(format, instructionSet.rawValue)
        let wanted = tk_packed_layout_of(format, set.rawValue)
        if PackedWeight.areAlike(layout, wanted) { return self }
        return dense.flatMap { PackedWeight(ByteSlice($0), format, rows: rows, columns: columns, for: set) }
    }

    /// The weight [rows, columns] in the format's element type; nil if it cannot be unpacked.
    var dense: Bytes? {
        let layout = tk_packed_layout_of(format, instructionSet.rawValue)
        var status = TK_OK
        // Four bits have no width in bytes.
        let count = layout.width == 0 ? (rows * columns + 1) / 2 : rows * columns * layout.width
        let dense = Bytes(count: count) { memory in
            status = tk_unpack_weight(format, layout, bytes.pointer, rows, columns, memory.baseAddress)
        }
        return status == TK_OK ? dense : nil
    }
}

/// The memory of a packed weight, told apart by identity.
struct PackedBytes: Sendable, Equatable {
    let bytes: ByteSlice

    static func == (a: PackedBytes, b: PackedBytes) -> Bool { a.bytes.owner === b.bytes.owner && a.bytes.offset == b.bytes.offset }
}
