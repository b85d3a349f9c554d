import Foundation
import Tessera

/// Tensors as lists of numbers in a message, in place of raw bytes. Integers of 8 and 16 bits travel in lists of 32 bits; floats of 16 bits
/// have no list.
extension Inference_InferTensorContents {
    /// The tensor of the list that belongs to `type`.
    /// - Throws: ``TesseraError`` of category `usage`, `unsupported` for a type without list.
    func tensor(_ type: ElementType, _ shape: [Int]) throws(TesseraError) -> Tensor {
        switch type {
        case .bool: try Tensor(boolContents, shape)
        case .i8: try Tensor(narrow(intContents, Int8.self), shape)
        case .i16: try Tensor(narrow(intContents, Int16.self), shape)
        case .i32: try Tensor(intContents, shape)
        case .i64: try Tensor(int64Contents, shape)
        case .u8: try Tensor(narrow(uintContents, UInt8.self), shape)
        case .u16: try Tensor(narrow(uintContents, UInt16.self), shape)
        case .u32: try Tensor(uintContents, shape)
        case .u64: try Tensor(uint64Contents, shape)
        case .f32: try Tensor(fp32Contents, shape)
        case .f64: try Tensor(fp64Contents, shape)
        case .text: try Tensor(texts: try texts(), shape)
        default: throw TesseraError(.unsupported, "\(type.protocolName) has no typed contents; send raw_input_contents")
        }
    }

    /// The elements of `tensor` in the list of its type; nil for a type without list.
    init?(_ tensor: Tensor) {
        self.init()
        switch tensor.elementType {
        case .bool: boolContents = tensor.bools
        case .i8, .i16: intContents = tensor.integers.map(Int32.init(truncatingIfNeeded:))
        case .u8, .u16: uintContents = tensor.integers.map(UInt32.init(truncatingIfNeeded:))
        case .f32: fp32Contents = tensor.floats
        case .f64: fp64Contents = tensor.doubles
        case .text: bytesContents = tensor.texts.map { Data($0.utf8) }
        case .i32, .i64, .u32, .u64:
            guard fill(tensor) else { return nil }
        default: return nil
        }
    }

    private mutating func fill(_ tensor: Tensor) -> Bool {
        if let values = try? tensor.array(of: Int32.self) {
            intContents = values
        } else if let values = try? tensor.array(of: Int64.self) {
            int64Contents = values
        } else if let values = try? tensor.array(of: UInt32.self) {
            uintContents = values
        } else if let values = try? tensor.array(of: UInt64.self) {
            uint64Contents = values
        } else {
            return false
        }
        return true
    }

    private func narrow<Wide: FixedWidthInteger, Narrow: FixedWidthInteger>(
        _ values: [Wide], _ type: Narrow.Type
    ) throws(TesseraError) -> [Narrow] {
        var made: [Narrow] = []
        made.reserveCapacity(values.count)
        for value in values {
            guard let fits = Narrow(exactly: value) else { throw TesseraError(.usage, "\(value) is no \(Narrow.self)") }
            made.append(fits)
        }
        return made
    }

    private func texts() throws(TesseraError) -> [String] {
        var made: [String] = []
        for (index, bytes) in bytesContents.enumerated() {
            guard let text = String(validating: bytes, as: UTF8.self) else { throw TesseraError(.usage, "text \(index) is no UTF-8") }
            made.append(text)
        }
        return made
    }
}
