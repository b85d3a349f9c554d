import IR

/// One 512-byte header of a tar archive (POSIX.1-1988 ustar, with GNU's base-256 numbers).
struct TarHeader {
    static let size = 512

    /// Name as the header states it; a record before it may replace it.
    let name: [UInt8]
    /// Bytes of content.
    let size: Int
    /// `0`: file, `5`: folder, `x`: pax records, `L`: GNU long name, …
    let type: UInt8
    /// What a link leads to, as the header states it.
    let target: [UInt8]

    /// Why a header cannot be used.
    enum Problem: Error, Equatable {
        case checksum, number(String), negative
    }

    /// Reads the header in `block`, which has 512 bytes.
    init(_ block: UnsafeRawBufferPointer) throws(Problem) {
        guard try TarHeader.checksumFits(block) else { throw .checksum }
        let prefix = TarHeader.hasPrefix(block) ? TarHeader.text(block, 345, 155) : []
        let last = TarHeader.text(block, 0, 100)
        name = prefix.isEmpty ? last : prefix + [UInt8(ascii: "/")] + last
        size = try TarHeader.number(block, 124, 12, "size")
        type = block[156] == 0 ? UInt8(ascii: "0") : block[156]
        target = TarHeader.text(block, 157, 100)
    }

    static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

    /// POSIX archives split long names; GNU's (magic `ustar `) keep other things there.
    private static func hasPrefix(_ block: UnsafeRawBufferPointer) -> Bool {
        block[257..<263].elementsEqual(Array("ustar\0".utf8))
    }

    /// Bytes up to the first zero of a field.
    private static func text(_ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int) -> [UInt8] {
        Array(block[offset..<offset + count].prefix { $0 != 0 })
    }

    /// The sum of all bytes with the checksum's own read as blanks. Some old programs summed signed bytes.
    private static func checksumFits(_ block: UnsafeRawBufferPointer) throws(Problem) -> Bool {
        let stated = try number(block, 148, 8, "checksum")
        var (unsigned, signed) = (0, 0)
        for index in 0..<size {
            let byte = (148..<156).contains(index) ? UInt8(ascii: " ") : block[index]
            unsigned += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        return stated == unsigned || stated == signed
    }

    /// Octal digits between blanks and zeros, or, behind a byte of 0x80, a big-endian number; one behind 0xFF is negative.
    static func number(_ block: UnsafeRawBufferPointer, _ offset: Int, _ count: Int, _ field: String) throws(Problem) -> Int {
        let bytes = block[offset..<offset + count]
        if block[offset] & 0x80 != 0 { return try binary(bytes, field) }
        let digits = bytes.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        var value = 0
        for digit in digits {
            // Twelve octal digits are 36 bits.
            guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) else { throw .number(field) }
            value = value << 3 | Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func binary(_ bytes: Swift.Slice<UnsafeRawBufferPointer>, _ field: String) throws(Problem) -> Int {
        guard bytes.first == 0x80 else { throw bytes.first == 0xFF ? .negative : .number(field) }
        var value = 0
        for byte in bytes.dropFirst() {
            guard value <= Int.max >> 8 else { throw .number(field) }
            value = value << 8 | Int(byte)
        }
        return value
    }
}
