import Dispatch
import Foundation
import IR
import Synchronization

/// The numbers of a constant as rows of `Float`: all that belongs to an index of the first dimension.
struct WeightReader: Sendable {
    private let bytes: ByteSlice
    private let dtype: DType
    private let count: Int
    /// Numbers of a row; of what has no rows, those that are read at once.
    private let columns: Int
    /// Rows that are looked at, and all.
    private let wanted, rows: Int

    private static let shortRow = 4096
    /// Enough for a thread to be worth its start.
    private static let valuesAtOnce = 1 << 18

    /// - Parameter most: about how many numbers to look at; nil for all.
    /// - Returns: nil for strings, for no numbers, and where the bytes are not here.
    init?(_ constant: Constant, _ most: Int?) {
        guard let tensor = constant.tensor, tensor.dtype != .string, tensor.count > 0 else { return nil }
        (bytes, dtype, count) = (tensor.bytes, tensor.dtype, tensor.count)
        columns = tensor.rank >= 2 ? max(count / max(tensor.shape[0], 1), 1) : WeightReader.shortRow
        let all = (count - 1) / columns + 1
        rows = all
        wanted = if let most { min(max(most / columns, 1), all) } else { all }
    }

    /// Numbers that are looked at, at most.
    var looked: Int { wanted == rows ? count : min(wanted * columns, count) }

    /// `start` with every row added to it, on all processors; the same result each time.
    /// - Parameter mostParts: sums that are made side by side, each from `start`, at most.
    func reduce<Sums: Sendable>(
        _ start: Sums, mostParts: Int = .max, _ add: @Sendable (inout Sums, UnsafeBufferPointer<Float>) -> Void,
        joining join: (inout Sums, Sums) -> Void
    ) -> Sums {
        let rowsAtOnce = max(1, WeightReader.valuesAtOnce / columns)
        let parts = WeightReader.pieces(wanted, min((wanted - 1) / rowsAtOnce + 1, mostParts)) { rows in
            var sums = start
            var memory = [Float](repeating: 0, count: min(columns, count))
            for row in rows {
                let first = place(of: row) * columns
                let length = min(columns, count - first)
                memory.withUnsafeMutableBufferPointer { memory in
                    let target = UnsafeMutableBufferPointer(rebasing: memory[..<length])
                    read(from: first, into: target)
                    add(&sums, UnsafeBufferPointer(target))
                }
            }
            return sums
        }
        return parts.dropFirst().reduce(into: parts.first ?? start, join)
    }

    /// What `body` makes of `count` indices in at most `most` runs, in their order; on all processors.
    static func pieces<Made: Sendable>(_ count: Int, _ most: Int, _ body: @Sendable (Range<Int>) -> Made) -> [Made] {
        let size = (count - 1) / max(min(most, count), 1) + 1
        let pieces = (count - 1) / size + 1
        let made = Mutex([Made?](repeating: nil, count: pieces))
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let one = body((piece * size)..<min((piece + 1) * size, count))
            made.withLock { $0[piece] = one }
        }
        return made.withLock { $0.compactMap { $0 } }
    }

    /// The row that is looked at as number `row`.
    private func place(of row: Int) -> Int {
        wanted == rows ? row : min(Int(Double(row) * Double(rows) / Double(wanted)), rows - 1)
    }

    /// Numbers `first` and so on, all of which must be there.
    func read(from first: Int, into target: UnsafeMutableBufferPointer<Float>) {
        switch dtype {
        case .f32: copy(first, target)
        case .f16: convert(first, target, Float16.self) { Float($0) }
        case .bf16: convert(first, target, UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
        case .f64: convert(first, target, Double.self) { WeightReader.single($0) }
        case .i8: convert(first, target, Int8.self) { Float($0) }
        case .u8, .bool: convert(first, target, UInt8.self) { Float($0) }
        case .i16: convert(first, target, Int16.self) { Float($0) }
        case .u16: convert(first, target, UInt16.self) { Float($0) }
        case .i32: convert(first, target, Int32.self) { Float($0) }
        case .u32: convert(first, target, UInt32.self) { Float($0) }
        case .i64: convert(first, target, Int64.self) { Float($0) }
        case .u64: convert(first, target, UInt64.self) { Float($0) }
        default: decode(first, target)
        }
    }

    private func copy(_ first: Int, _ target: UnsafeMutableBufferPointer<Float>) {
        let source = UnsafeRawBufferPointer(rebasing: bytes.buffer[(first * 4)..<((first + target.count) * 4)])
        UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
    }

    @inline(__always)
    private func convert<Stored: BitwiseCopyable>(
        _ first: Int, _ target: UnsafeMutableBufferPointer<Float>, _ type: Stored.Type, _ value: (Stored) -> Float
    ) {
        let (source, width) = (bytes.pointer, MemoryLayout<Stored>.stride)
        for index in target.indices { target[index] = value(source.loadUnaligned(fromByteOffset: (first + index) * width, as: type)) }
    }

    /// Types of 8 bits and fewer that have no Swift type; the first number of a byte in its lowest bits.
    private func decode(_ first: Int, _ target: UnsafeMutableBufferPointer<Float>) {
        let (bits, buffer) = (max(dtype.bits, 1), bytes.buffer)
        let table = (0..<(1 << bits)).map { WeightReader.value(UInt8($0), dtype) }
        for index in target.indices {
            let place = (first + index) * bits
            target[index] = table[Int(buffer[place / 8] >> (place % 8)) & (table.count - 1)]
        }
    }

    private static func value(_ code: UInt8, _ dtype: DType) -> Float {
        if let format = dtype.narrowFloat { return format.value(code) }
        let isNegative = dtype.isSigned && code >> (dtype.bits - 1) & 1 == 1
        return Float(code) - (isNegative ? Float(1 << dtype.bits) : 0)
    }

    /// The nearest finite one of a finite number.
    private static func single(_ value: Double) -> Float {
        guard value.isFinite else { return Float(value) }
        return min(max(Float(value), -Float.greatestFiniteMagnitude), Float.greatestFiniteMagnitude)
    }
}
