import IR
import Tessera

/// Tensors of texts as the protocol has them among raw bytes: of each element the number of its bytes, in 4 bytes, little-endian, then these.
extension Tessera.Tensor {
    /// A tensor of `texts`, of which there must be as many as the shape has places.
    /// - Throws: ``TesseraError`` of category `usage`.
    package init(texts: [String], _ shape: [Int]) throws(TesseraError) {
        guard let count = IR.Tensor.elementCount(shape), count == texts.count else {
            throw TesseraError(.usage, "\(texts.count) texts do not fill the shape \(shape)")
        }
        self.init(IR.Tensor(strings: texts, shape))
    }

    /// A tensor of the texts that `bytes` hold one after the other.
    /// - Throws: ``TesseraError`` of category `usage` if they are cut off, of another number than the shape has places, or no UTF-8.
    package init(rawTexts bytes: UnsafeRawBufferPointer, _ shape: [Int]) throws(TesseraError) {
        // Each takes 4 bytes at least: a shape alone reserves no memory.
        guard let count = IR.Tensor.elementCount(shape), count <= bytes.count / 4 else {
            throw TesseraError(.usage, "\(bytes.count) bytes do not hold the texts of the shape \(shape)")
        }
        var texts: [String] = []
        texts.reserveCapacity(count)
        var position = 0
        while position < bytes.count {
            guard bytes.count - position >= 4 else { throw TesseraError(.usage, "text \(texts.count) has no length: 4 bytes must say it") }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            position += 4
            guard length <= bytes.count - position else {
                throw TesseraError(.usage, "text \(texts.count) is said to have \(length) bytes; \(bytes.count - position) are left")
            }
            guard let text = String(validating: bytes[position..<(position + length)], as: UTF8.self) else {
                throw TesseraError(.usage, "text \(texts.count) is no UTF-8")
            }
            texts.append(text)
            position += length
        }
        try self.init(texts: texts, shape)
    }

    /// Its elements as texts.
    package var texts: [String] { inner.strings }

    /// Its bytes among raw data: texts each with its length before it, truth values as 0 and 1, all else as it is in memory.
    package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch elementType {
        case .text:
            var bytes: [UInt8] = []
            for text in texts {
                Swift.withUnsafeBytes(of: UInt32(truncatingIfNeeded: text.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
                bytes.append(contentsOf: text.utf8)
            }
            return try bytes.withUnsafeBytes(body)
        case .bool: return try bools.map { $0 ? UInt8(1) : 0 }.withUnsafeBytes(body)
        default: return try withUnsafeBytes(body)
        }
    }

    /// A copy of `bytes`, which are such raw data.
    /// - Throws: ``TesseraError`` of category `usage` if type and shape need other bytes.
    package init(raw bytes: UnsafeRawBufferPointer, _ type: ElementType, _ shape: [Int]) throws(TesseraError) {
        if type == .text { try self.init(rawTexts: bytes, shape) } else { try self.init(copying: bytes, type, shape) }
    }
}
