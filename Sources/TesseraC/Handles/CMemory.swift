#if canImport(Glibc)
    import Glibc
#endif

/// Memory that C reads, which lives as long as this object. Filled while its owner is made, and not changed afterwards.
final class CMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// `text` up to its first NUL, with one behind it; nil for nil.
    func text(_ text: String?) -> UnsafePointer<CChar>? {
        guard let text else { return nil }
        return UnsafePointer(array(Array(text.utf8.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }) + [0]))
    }

    /// A copy of `values`; nil for none.
    func array<Element>(_ values: [Element]) -> UnsafeMutablePointer<Element>? {
        if values.isEmpty { return nil }
        let copy = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
        copy.initialize(from: values, count: values.count)
        blocks.append(UnsafeMutableRawPointer(copy))
        return copy
    }

    /// As ``array(_:)``, to be read only.
    func list<Element>(_ values: [Element]) -> UnsafePointer<Element>? { array(values).map { UnsafePointer($0) } }

    /// Pointers to copies of `texts`; nil for none.
    func texts(_ texts: [String]) -> UnsafeMutablePointer<UnsafePointer<CChar>?>? { array(texts.map { text($0) }) }
}

/// `text` as a string of the caller's, who frees it; nil where there is no memory.
func callersText(_ text: String) -> UnsafeMutablePointer<CChar>? { strdup(text) }
