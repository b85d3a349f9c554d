/// A named weight or other fixed value of a module: key, type, bytes (mapped or owned).
///
/// Copies share the bytes. A constant without bytes comes from IR text alone: it has a type but cannot be evaluated.
package struct Constant: Sendable {
    package let key: String
    package let type: TensorType
    package let bytes: ByteSlice?

    package init(key: String, type: TensorType, bytes: ByteSlice?) {
        self.key = key
        self.type = type
        self.bytes = bytes
    }

    package init(key: String, _ tensor: Tensor) {
        self.init(key: key, type: tensor.type, bytes: tensor.bytes)
    }

    /// The value, if the bytes are here and the shape is static.
    package var tensor: Tensor? {
        guard let bytes, let shape = type.staticShape else { return nil }
        return Tensor(dtype: type.dtype, shape: shape, bytes: bytes)
    }
}

extension Constant: Equatable {
    /// Same key and type, and the same bytes where both have them.
    package static func == (a: Constant, b: Constant) -> Bool {
        guard a.key == b.key, a.type == b.type else { return false }
        guard let x = a.bytes, let y = b.bytes else { return a.bytes == nil && b.bytes == nil }
        return x.elementsEqual(y)
    }
}

extension Sequence<Constant> {
    /// One constant for each piece of memory: of tied ones, which share their bytes, any one. Those without bytes all stay.
    package var withDistinctStorage: [Constant] {
        var seen: Set<MemoryPlace> = []
        return filter { constant in
            guard let bytes = constant.bytes, bytes.count > 0 else { return true }
            // What is not written out has no memory but its source's.
            return seen.insert(MemoryPlace(start: bytes.transposed?.source.pointer ?? bytes.pointer, count: bytes.count)).inserted
        }
    }
}

/// Place and size of a piece of memory.
private struct MemoryPlace: Hashable {
    let start: UnsafeRawPointer
    let count: Int
}
