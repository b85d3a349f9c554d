import IR
import Runtime

/// Memory that runs write to: an output of ``Session/run(_:_:sizes:states:into:cancellation:)``, or a state, such as a key/value cache, that
/// a run reads and updates in place.
///
/// Belongs to one session at a time.
public final class TensorBuffer {
    package let inner: StateTensor

    /// Zeros.
    /// - Throws: ``TesseraError`` of category `usage` for a shape whose size is negative or overflows.
    public init(_ type: ElementType, _ shape: [Int]) throws(TesseraError) {
        _ = try Tensor.byteCount(type, shape)
        inner = StateTensor(zeros: type.inner, shape)
    }

    /// A copy of `tensor`.
    public init(_ tensor: Tensor) { inner = StateTensor(tensor.inner) }

    /// Memory of the caller, which must stay there until `release` is called, once. Vectors are read and written fastest from addresses that
    /// are multiples of 64.
    /// - Throws: ``TesseraError`` of category `usage` if type and shape need another number of bytes.
    public init(
        borrowing bytes: UnsafeMutableRawBufferPointer, _ type: ElementType, _ shape: [Int],
        release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) throws(TesseraError) {
        guard let made = StateTensor(type.inner, shape, adopting: try Tensor.adopt(bytes, type, shape, release)) else {
            throw TesseraError(.usage, "\(bytes.count) bytes are not a \(type)\(shape)")
        }
        inner = made
    }

    /// Type of its elements.
    public var elementType: ElementType { ElementType(inner.dtype) }

    /// Its sizes, outermost first; empty for a single number.
    public var shape: [Int] { inner.shape }

    /// A copy of the present content.
    public var tensor: Tensor { Tensor(inner.snapshot()) }

    /// The bytes in place.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(inner) { try body(inner.view?.bytes.buffer ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
    }
}
