import Formats
import IR
import Serving
import Tessera

/// Reads the data of a tensor from JSON text into memory of the tensor's type, without anything in between.
enum NumberReader {
    /// The tensor whose data come next in `reader`: an array, or arrays in arrays, in row-major order.
    static func tensor(_ reader: JSONReader, _ name: String, _ type: ElementType, _ shape: [Int]) throws -> Tessera.Tensor {
        switch type {
        case .bool: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try truth(&reader) }
        case .u8: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt8.self) }
        case .u16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt16.self) }
        case .u32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt32.self) }
        case .u64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, UInt64.self) }
        case .i8: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int8.self) }
        case .i16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int16.self) }
        case .i32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int32.self) }
        case .i64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try whole(&reader, Int64.self) }
        case .f16: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in Float16(try number(&reader)) }
        case .bf16:
            try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in BFloat16.bits(of: Float(try number(&reader))) }
        case .f32: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in Float(try number(&reader)) }
        case .f64: try fill(reader, name, type, shape) { (reader) throws(CheckpointError) in try number(&reader) }
        case .text: try texts(reader, name, shape)
        default: throw ServingError.unsupported("input '\(name)': \(type.protocolName) is not sent as JSON; send it as binary data")
        }
    }

    private static func texts(_ start: JSONReader, _ name: String, _ shape: [Int]) throws -> Tessera.Tensor {
        var (reader, texts): (JSONReader, [String]) = (start, [])
        try reader.leaves { (reader) throws(CheckpointError) in texts.append(try reader.nextString()) }
        return try Tessera.Tensor(texts: texts, shape)
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
        _ start: JSONReader, _ name: String, _ type: ElementType, _ shape: [Int],
        _ element: (inout JSONReader) throws(CheckpointError) -> T
    ) throws -> Tessera.Tensor {
        guard let size = type.byteCount(shape) else {
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
        let tensor = try Tessera.Tensor(borrowing: memory, type, shape) { $0.deallocate() }
        isTaken = true
        return tensor
    }
}
