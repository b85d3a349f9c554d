/// A dense row-major value in memory: what `evaluate` takes and gives, and what a session reads and writes.
package struct Tensor: Sendable {
    package let dtype: DType
    package let shape: [Int]
    package let bytes: ByteSlice

    /// - Precondition (checked, nil otherwise): the bytes are as many as dtype and shape need, or the layout of that many strings.
    package init?(dtype: DType, shape: [Int], bytes: ByteSlice) {
        guard let count = Tensor.elementCount(shape) else { return nil }
        let fits = dtype == .string ? Tensor.holdsStrings(bytes, count) : dtype.byteCount(of: count) == bytes.count
        guard fits else { return nil }
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// Zeros. Sizes come from checked types; a shape whose size overflows gives an empty tensor.
    package init(zeros dtype: DType, _ shape: [Int]) {
        self.init(dtype, shape) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    /// A new tensor whose memory `body` fills.
    package init(_ dtype: DType, _ shape: [Int], filledBy body: (UnsafeMutableRawBufferPointer) -> Void) {
        let size = Tensor.elementCount(shape).flatMap { dtype.byteCount(of: $0) }
        self.dtype = dtype
        self.shape = size == nil ? [0] : shape
        bytes = ByteSlice(Bytes(count: size ?? 0, filledBy: body))
    }

    /// Product of the sizes; nil if one is negative or the product overflows.
    package static func elementCount(_ shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }

    package var count: Int { Tensor.elementCount(shape) ?? 0 }

    package var rank: Int { shape.count }

    package var type: TensorType { TensorType(dtype, shape.map { Dim($0) }) }

    /// The same elements under another shape; nil if the counts differ.
    package func reshaped(_ shape: [Int]) -> Tensor? { Tensor(dtype: dtype, shape: shape, bytes: bytes) }
}

extension Tensor: Equatable {
    /// Same type and same bits.
    package static func == (a: Tensor, b: Tensor) -> Bool {
        a.dtype == b.dtype && a.shape == b.shape && a.bytes.elementsEqual(b.bytes)
    }
}
