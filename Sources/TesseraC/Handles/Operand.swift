import CTessera
import Tessera

/// A tensor as the caller gave it, found to be one.
struct Operand {
    let name: UnsafePointer<CChar>?
    let type: ElementType
    let shape: UnsafeBufferPointer<Int64>
    let data: UnsafeMutableRawPointer?
    let bytes: Int
    private let place: (list: StaticString, index: Int)

    /// - Throws: `TesseraError` naming the argument.
    init(_ given: tessera_tensor?, _ list: StaticString, _ index: Int) throws(TesseraError) {
        guard let given else { throw wrong("\(list)[\(index)] is not there") }
        place = (list, index)
        (name, data, bytes) = (given.name, given.data, given.bytes)
        type = try DTypes.type(given.dtype, "\(list)[\(index)]")
        guard given.rank >= 0, given.rank <= mostRank, given.shape != nil || given.rank == 0 else {
            throw wrong("\(list)[\(index)]: rank is \(UInt(bitPattern: given.rank)), or shape is NULL")
        }
        shape = UnsafeBufferPointer(start: given.rank == 0 ? nil : given.shape, count: given.rank)
        guard bytes >= 0, data != nil || bytes == 0 else { throw wrong("\(list)[\(index)].data is NULL, or bytes too large") }
        let alignment = type == .string ? MemoryLayout<UnsafeRawPointer>.alignment : min(max(type.byteCount([1]) ?? 1, 1), 8)
        guard Int(bitPattern: data) % alignment == 0 else {
            throw wrong("\(list)[\(index)].data is not aligned: addresses of \(type) are multiples of \(alignment)")
        }
    }

    /// - Throws: `TesseraError` for none.
    func text() throws(TesseraError) -> String {
        guard let name, let text = String(validatingCString: name) else {
            throw wrong("\(place.list)[\(place.index)].name is \(name == nil ? "NULL" : "no text in UTF-8")")
        }
        return text
    }

    private var sizes: [Int] { shape.map { Int($0) } }

    private var memory: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: data, count: bytes) }

    /// Over the caller's memory; of strings a copy.
    /// - Throws: `TesseraError` naming the argument.
    func tensor() throws(TesseraError) -> Tensor {
        if type == .string { return try strings() }
        do { return try Tensor(borrowing: memory, type, sizes) { _ in } } catch { throw named(error) }
    }

    /// A copy, for what may be read later.
    /// - Throws: `TesseraError` naming the argument.
    func copy() throws(TesseraError) -> Tensor {
        if type == .string { return try strings() }
        do { return try Tensor(copying: UnsafeRawBufferPointer(memory), type, sizes) } catch { throw named(error) }
    }

    /// Memory that a run writes to.
    /// - Throws: `TesseraError` naming the argument.
    func buffer() throws(TesseraError) -> TensorBuffer {
        guard type != .string else {
            throw TesseraError(
                .unsupported, "\(place.list)[\(place.index)] is of strings, which runs cannot write into memory of the caller",
                remedy: "take results of tessera_session_run")
        }
        do { return try TensorBuffer(borrowing: memory, type, sizes) { _ in } } catch { throw named(error) }
    }

    private func named(_ error: TesseraError) -> TesseraError {
        TesseraError(error.category, "\(place.list)[\(place.index)]: \(error.message)", remedy: error.remedy)
    }

    private func strings() throws(TesseraError) -> Tensor {
        let width = MemoryLayout<UnsafePointer<CChar>?>.stride
        guard bytes % width == 0 else { throw wrong("\(place.list)[\(place.index)].bytes is no number of pointers") }
        let pointers = UnsafeRawPointer(data)?.assumingMemoryBound(to: UnsafePointer<CChar>?.self)
        var texts: [String] = []
        for index in 0..<(bytes / width) {
            guard let pointer = pointers?[index], let text = String(validatingCString: pointer) else {
                throw wrong("\(place.list)[\(place.index)]: string \(index) is NULL or no text in UTF-8")
            }
            texts.append(text)
        }
        do { return try Tensor(strings: texts, sizes) } catch { throw named(error) }
    }
}
