import Foundation
import IR

/// Memory that a run changes in place, such as a key/value cache: an input whose updated value is the output of the same name.
///
/// Belongs to one session at a time.
package final class StateTensor {
    package let dtype: DType
    package let shape: [Int]
    let bytes: Bytes

    /// `bytes` as they are, for instance memory of a caller, which is written by runs.
    /// - Returns: nil if dtype and shape need another number of bytes.
    package init?(_ dtype: DType, _ shape: [Int], adopting bytes: Bytes) {
        guard Tensor(dtype: dtype, shape: shape, bytes: ByteSlice(bytes)) != nil else { return nil }
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// The memory itself as a tensor, which changes when a run writes to it.
    package var view: Tensor? { Tensor(dtype: dtype, shape: shape, bytes: ByteSlice(bytes)) }

    /// Zeros.
    package init(zeros dtype: DType, _ shape: [Int]) {
        let tensor = Tensor.large(dtype, shape)
        self.dtype = dtype
        self.shape = tensor.shape
        bytes = tensor.bytes.owner
        memset(bytes.pointer, 0, bytes.count)
    }

    /// A copy of `tensor`.
    package init(_ tensor: Tensor) {
        dtype = tensor.dtype
        shape = tensor.shape
        bytes = Bytes.large(count: tensor.bytes.count) { $0.copyMemory(from: tensor.bytes.buffer) }
    }

    /// Takes over the content of `tensor`, which has this type.
    package func replace(by tensor: Tensor) {
        UnsafeMutableRawBufferPointer(start: bytes.pointer, count: bytes.count)
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer.prefix(bytes.count)))
    }

    /// A copy of the present content.
    package func snapshot() -> Tensor {
        Tensor(dtype, shape) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: bytes.pointer, count: min(target.count, bytes.count)))
        }
    }

    /// The type, to check and bind against.
    var type: TensorType { TensorType(dtype, shape.map { Dim($0) }) }
}

extension StateTensor {
    /// The same memory as a vector.
    package var flat: StateTensor? { StateTensor(dtype, [Tensor.elementCount(shape) ?? 0], adopting: bytes) }
}
