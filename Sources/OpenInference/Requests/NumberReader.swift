import Formats
import Serving
import Tessera

/// Reads the data of a tensor from JSON text into memory of the tensor's type, without anything in between.
enum NumberReader {
    /// The tensor whose data come next in `reader`: an array, or arrays in arrays, in row-major order.
    static func tensor(_ reader: JSONReader, _ name: String, _ type: WireType, _ shape: [Int]) throws -> Tensor {
        switch type {
        case .bool: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try truth(&reader) }
        case .uint8: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt8.self) }
        case .uint16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt16.self) }
        case .uint32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt32.self) }
        case .uint64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt64.self) }
        case .int8: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int8.self) }
        case .int16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int16.self) }
        case .int32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int32.self) }
        case .int64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int64.self) }
        case .fp16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in Float16(try number(&reader)) }
        case .bf16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in HalfFloat.bits(try number(&reader)) }
        case .fp32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in Float(try number(&reader)) }
        case .fp64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try number(&reader) }
        case .bytes: throw ServingError.unsupported("input '\(name)': functions take no BYTES")
        }
    }

    private static func truth(_ reader: inout JSONReader) throws(CheckpointError) -> UInt8 {
        if reader.nextKind() == .bool { return try reader.value().bool == true ? 1 : 0 }
        return try whole(&reader, UInt8.self) == 0 ? 0 : 1
    }

    private static func whole<T: FixedWidthInteger>(_ reader: inout JSONReader, _ type: T.Type) throws(CheckpointError) -> T {
        guard let whole = try reader.nextNumber().exactly(type) else { throw reader.fault("a number is no \(type)") }
        return whole
    }

    /// A number; JSON has none for these three, so texts stand for them.
    private static func number(_ reader: inout JSONReader) throws(CheckpointError) -> Double {
        guard reader.nextKind() == .string else { return try reader.nextNumber().double }
        switch try reader.nextString() {
        case "nan", "NaN": return .nan
        case "inf", "Infinity": return .infinity
        case "-inf", "-Infinity": return -.infinity
        case let text: throw reader.fault("a number expected, not '\(text.prefix(40))'")
        }
    }

    private static func fill<T: BitwiseCopyable>(
        _ start: JSONReader, _ name: String, _ type: WireType, _ shape: [Int],
        _ element: (inout JSONReader) throws(CheckpointError) -> T
    ) throws -> Tensor {
        guard let elementType = type.elementType, let size = elementType.byteCount(shape) else {
            throw ServingError.request("input '\(name)': the shape \(shape) is too large")
        }
        var reader = start
        let count = size / MemoryLayout<T>.stride
        // Each number takes 2 characters at least: memory is taken for no more of them than the text can have.
        guard count <= (reader.remaining + 1) / 2 else {
            throw ServingError.request("input '\(name)': the shape \(shape) has \(count) elements, more than the text can have")
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        var isTaken = false
        defer { if !isTaken { memory.deallocate() } }
        let elements = memory.bindMemory(to: T.self)
        var place = 0
        try reader.leaves { (reader) throws(CheckpointError) in
            let value = try element(&reader)
            guard place < count else {
                throw reader.fault("input '\(name)' has more elements than its shape \(shape), which has \(count)")
            }
            elements[place] = value
            place += 1
        }
        guard place == count else {
            throw ServingError.request("input '\(name)' has \(place) elements; its shape \(shape) has \(count)")
        }
        let tensor = try Tensor(borrowing: memory, elementType, shape) { $0.deallocate() }
        isTaken = true
        return tensor
    }
}

/// The upper half of an IEEE 754 number of 32 bits, rounded to nearest, ties to even.
enum HalfFloat {
    static func bits(_ value: Double) -> UInt16 {
        let single = Float(value)
        if single.isNaN { return 0x7FC0 }
        let bits = single.bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
    }
}
