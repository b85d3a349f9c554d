import Tessera

/// An array of the caller's whose elements may be of an earlier or a later version of their struct.
struct SizedArray<Element> {
    let count: Int
    private let base: UnsafeRawPointer?
    private let stride: Int

    /// No elements.
    init() { (count, base, stride) = (0, nil, 0) }

    /// - Throws: `TesseraError` naming the argument.
    init(_ pointer: UnsafePointer<Element>?, _ count: Int, _ name: StaticString) throws(TesseraError) {
        try checkCount(pointer, count, name)
        guard count > 0, let pointer else {
            (self.count, base, stride) = (0, nil, 0)
            return
        }
        let start = UnsafeRawPointer(pointer)
        let size = try structSize(start, Element.self, name)
        for index in 1..<max(count, 1) where try structSize(start + index * size, Element.self, name) != size {
            throw wrong("\(name)[\(index)].struct_size differs from that of \(name)[0]")
        }
        (self.count, base, stride) = (count, start, size)
    }

    /// Element `index`, which is there.
    subscript(index: Int) -> Element? { base.map { loaded($0 + index * stride, stride) } }
}

/// A struct that has got fields since its first version.
protocol GrownStruct {
    /// Bytes of its first version.
    static var firstSize: Int { get }
}

/// The struct at `place`, whose fields beyond the `size` of the caller's are zero.
private func loaded<Element>(_ place: UnsafeRawPointer, _ size: Int) -> Element {
    let known = MemoryLayout<Element>.size
    guard size < known else { return place.assumingMemoryBound(to: Element.self).pointee }
    return withUnsafeTemporaryAllocation(byteCount: known, alignment: MemoryLayout<Element>.alignment) { memory in
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.copyMemory(from: UnsafeRawBufferPointer(start: place, count: size))
        return memory.load(as: Element.self)
    }
}

/// Largest number of bytes that a later version's struct may have.
private let mostBytes = 4096

/// The size that a struct says it has, once that is found possible.
/// - Throws: `TesseraError` naming the argument.
private func structSize<Element>(_ place: UnsafeRawPointer, _ type: Element.Type, _ name: StaticString) throws(TesseraError) -> Int {
    guard Int(bitPattern: place) % MemoryLayout<Element>.alignment == 0 else { throw wrong("\(name) is not aligned as \(type) is") }
    let (given, known) = (place.load(as: Int.self), MemoryLayout<Element>.size)
    // What is asked for often gives the newest: nothing is looked up then.
    let least = given >= known ? known : (type as? any GrownStruct.Type)?.firstSize ?? known
    guard given >= least, given <= mostBytes, given % MemoryLayout<Element>.alignment == 0 else {
        throw wrong("\(name).struct_size is \(given), but \(type) has \(known) bytes; begin with the struct's ..._INIT")
    }
    for offset in known..<max(given, known) where (place + offset).load(as: UInt8.self) != 0 {
        throw wrong("\(name) sets a field at byte \(offset), which this version does not know; leave it zero, or take a later library")
    }
    return given
}

/// A struct of options, of whatever version; nil for NULL.
/// - Throws: `TesseraError` naming the argument.
func options<Struct>(_ pointer: UnsafePointer<Struct>?, _ name: StaticString) throws(TesseraError) -> Struct? {
    guard let pointer else { return nil }
    return loaded(UnsafeRawPointer(pointer), try structSize(UnsafeRawPointer(pointer), Struct.self, name))
}

/// An array of numbers or of structs without a size.
/// - Throws: `TesseraError` naming the argument.
func list<Element>(_ pointer: UnsafePointer<Element>?, _ count: Int, _ name: StaticString) throws(TesseraError)
    -> UnsafeBufferPointer<Element>
{
    try checkCount(pointer, count, name)
    guard Int(bitPattern: pointer) % MemoryLayout<Element>.alignment == 0 else { throw wrong("\(name) is not aligned") }
    return UnsafeBufferPointer(start: count == 0 ? nil : pointer, count: count)
}

/// More elements than anybody gives.
private let mostElements = 1 << 24

private func checkCount<Element>(_ pointer: UnsafePointer<Element>?, _ count: Int, _ name: StaticString) throws(TesseraError) {
    // A size_t beyond Int is negative here.
    guard count >= 0, count <= mostElements else { throw wrong("the number of \(name) is \(UInt(bitPattern: count))") }
    guard pointer != nil || count == 0 else { throw wrong("\(name) is NULL, but shall have \(count) elements") }
}

/// The text at `pointer`; nil for NULL.
/// - Throws: `TesseraError` naming the argument, for what is no UTF-8.
func text(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(TesseraError) -> String? {
    guard let pointer else { return nil }
    guard let text = String(validatingCString: pointer) else { throw wrong("\(name) is no text in UTF-8") }
    return text
}

/// The same where there must be one.
func requiredText(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(TesseraError) -> String {
    guard let found = try text(pointer, name) else { throw wrong("\(name) is NULL") }
    return found
}

/// One of the texts that a choice is told by; `standard` for NULL.
/// - Throws: `TesseraError` naming the argument and what there is.
func choice<Choice: RawRepresentable & CaseIterable>(
    _ pointer: UnsafePointer<CChar>?, _ name: StaticString, _ standard: Choice
) throws(TesseraError) -> Choice where Choice.RawValue == String {
    guard let word = try text(pointer, name) else { return standard }
    if let found = Choice(rawValue: word) { return found }
    throw wrong("\(name) '\(word)': there is no such choice; take one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
}

/// A number from 0, which stands for nothing given.
/// - Throws: `TesseraError` naming the argument.
func count(_ value: Int32, _ name: StaticString) throws(TesseraError) -> Int? {
    guard value >= 0 else { throw wrong("\(name) is \(value), but may not be negative") }
    return value == 0 ? nil : Int(value)
}
