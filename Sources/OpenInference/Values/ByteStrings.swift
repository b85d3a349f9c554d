import Serving

/// Elements of type BYTES as they travel: each behind its length, a little-endian number of 4 bytes.
package enum ByteStrings {
    /// The elements in `bytes`.
    /// - Throws: ``ServingError`` unless these are `count` elements and nothing else.
    package static func split(_ bytes: UnsafeRawBufferPointer, count: Int, of name: String) throws(ServingError) -> [[UInt8]] {
        // Each takes 4 bytes at least: a count that cannot be is refused before memory is taken for it.
        guard count <= bytes.count / 4 else {
            throw .request("'\(name)': \(bytes.count) bytes are too few for \(count) elements of type BYTES")
        }
        var found: [[UInt8]] = []
        found.reserveCapacity(count)
        var rest = bytes[...]
        while let length = takeLength(&rest) {
            guard length <= rest.count, found.count < count else {
                throw .request("'\(name)': element \(found.count) of type BYTES does not fit: the shape has \(count), \(rest.count) bytes are left")
            }
            found.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        guard found.count == count, rest.isEmpty else {
            throw .request("'\(name)': \(bytes.count) bytes are not \(count) elements of type BYTES")
        }
        return found
    }

    private static func takeLength(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Int? {
        guard rest.count >= 4 else { return nil }
        let length = UnsafeRawBufferPointer(rebasing: rest.prefix(4)).loadUnaligned(as: UInt32.self)
        rest = rest.dropFirst(4)
        return Int(UInt32(littleEndian: length))
    }

    /// `elements` as they travel.
    package static func joined(_ elements: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(elements.reduce(0) { $0 + $1.count + 4 })
        for element in elements {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: element.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: element)
        }
        return bytes
    }
}
