import IR
import Runtime

/// A dense row-major array: what functions of a model take and give.
///
/// A value: copies share memory, which nothing changes as long as they live, except that of ``init(borrowing:_:_:release:)``.
public struct Tensor: Sendable, Equatable {
    package let inner: IR.Tensor

    package init(_ inner: IR.Tensor) { self.inner = inner }

    /// A tensor of `values` in row-major order.
    /// - Throws: ``TesseraError`` of category `usage` if there are not as many values as the shape has places.
    public init<Element: TensorElement>(_ values: [Element], _ shape: [Int]) throws(TesseraError) {
        try Tensor.check(shape, values.count, "\(values.count) values")
        inner = IR.Tensor(Element.elementType.inner, shape) { target in
            values.withUnsafeBytes { target.copyMemory(from: $0) }
        }
    }

    /// A tensor of texts in row-major order.
    /// - Throws: ``TesseraError`` of category `usage` if there are not as many texts as the shape has places.
    public init(strings values: [String], _ shape: [Int]) throws(TesseraError) {
        try Tensor.check(shape, values.count, "\(values.count) texts")
        inner = IR.Tensor(strings: values, shape)
    }

    /// Zeros.
    /// - Throws: ``TesseraError`` of category `usage` for a shape whose size is negative or overflows.
    public init(zeros type: ElementType, _ shape: [Int]) throws(TesseraError) {
        _ = try Tensor.byteCount(type, shape)
        inner = IR.Tensor(zeros: type.inner, shape)
    }

    /// A copy of `bytes`.
    /// - Throws: ``TesseraError`` of category `usage` if type and shape need another number of bytes.
    public init(copying bytes: UnsafeRawBufferPointer, _ type: ElementType, _ shape: [Int]) throws(TesseraError) {
        let count = try Tensor.byteCount(type, shape)
        guard bytes.count == count else {
            throw TesseraError(.usage, "\(type)\(shape) takes \(count) bytes, not \(bytes.count)")
        }
        inner = IR.Tensor(type.inner, shape) { $0.copyMemory(from: bytes) }
    }

    /// A tensor over memory of the caller, which must stay there until `release` is called, once, when nothing uses it any more.
    ///
    /// Nothing is copied: what the caller writes there between two runs is what the next run reads.
    /// - Throws: ``TesseraError`` of category `usage` if type and shape need another number of bytes.
    public init(
        borrowing bytes: UnsafeMutableRawBufferPointer, _ type: ElementType, _ shape: [Int],
        release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) throws(TesseraError) {
        guard let made = IR.Tensor(dtype: type.inner, shape: shape, bytes: ByteSlice(try Tensor.adopt(bytes, type, shape, release))) else {
            throw TesseraError(.usage, "\(bytes.count) bytes are not a \(type)\(shape)")
        }
        inner = made
    }

    /// Type of its elements.
    public var elementType: ElementType { ElementType(inner.dtype) }

    /// Its sizes, outermost first; empty for a single number.
    public var shape: [Int] { inner.shape }

    /// Number of elements.
    public var count: Int { inner.count }

    /// Same type, shape and bits.
    public static func == (a: Tensor, b: Tensor) -> Bool { a.inner == b.inner }

    /// The same elements under another shape; nil if the counts differ.
    public func reshaped(_ shape: [Int]) -> Tensor? { inner.reshaped(shape).map { Tensor($0) } }

    /// Every element as `Float`, rounded where it must be.
    public var floats: [Float] { inner.floats }

    /// Every element as `Double`.
    public var doubles: [Double] { inner.doubles }

    /// Every element as `Int`: floats truncated towards zero and saturated, bools 0 or 1.
    public var integers: [Int] { inner.integers }

    /// Every element as truth value: other than 0 is true.
    public var bools: [Bool] { inner.bools }

    /// Every element, where they are texts; nil for numbers.
    public var strings: [String]? { elementType == .string ? inner.strings : nil }

    /// The elements as they are.
    /// - Throws: ``TesseraError`` of category `usage` if they are of another type.
    public func array<Element: TensorElement>(of type: Element.Type) throws(TesseraError) -> [Element] {
        guard Element.elementType == elementType else {
            throw TesseraError(.usage, "a tensor of \(elementType) holds no \(Element.self); read it as floats or integers")
        }
        // Any byte but 0 is a truth value in a tensor; in Swift only 1 is.
        if let bools = inner.bools as? [Element] { return bools }
        return [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: inner.bytes.buffer)
            initialized = count
        }
    }

    /// The bytes in place.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(inner) { try body(inner.bytes.buffer) }
    }
}

extension Tensor: CustomStringConvertible {
    /// Type and shape: `f32[1, 196, 128]`.
    public var description: String { inner.type.description }
}

extension Tensor {
    /// Bytes that a tensor takes; to be asked before memory is taken for one that others describe.
    /// - Throws: ``TesseraError`` of category `usage` for what is no shape, `outOfResources` for more than the machine's memory.
    package static func byteCount(_ type: ElementType, _ shape: [Int]) throws(TesseraError) -> Int {
        guard let count = type.byteCount(shape) else {
            throw TesseraError(.usage, "\(type)\(shape) is no shape: a size is negative or their product too large")
        }
        guard count <= Machine.memoryBytes else {
            throw TesseraError(.outOfResources, "\(type)\(shape) takes \(count) bytes, more than this machine has")
        }
        return count
    }

    private static func check(_ shape: [Int], _ count: Int, _ what: String) throws(TesseraError) {
        guard let wanted = IR.Tensor.elementCount(shape), wanted == count else {
            throw TesseraError(.usage, "\(what) do not fill the shape \(shape)")
        }
    }

    /// Memory of a caller, after its size has been checked.
    static func adopt(
        _ bytes: UnsafeMutableRawBufferPointer, _ type: ElementType, _ shape: [Int],
        _ release: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
    ) throws(TesseraError) -> Bytes {
        let count = try byteCount(type, shape)
        guard bytes.count == count else { throw TesseraError(.usage, "\(type)\(shape) takes \(count) bytes, not \(bytes.count)") }
        guard let base = bytes.baseAddress else {
            release(bytes)
            return Bytes(zeroed: 0)
        }
        return Bytes(adopting: base, count: count) { release(UnsafeMutableRawBufferPointer(start: $0, count: $1)) }
    }
}
