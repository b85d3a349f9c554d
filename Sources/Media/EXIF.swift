/// The one EXIF tag that changes how a picture is to be seen.
enum EXIF {
    /// Orientation (tag 274 of IFD 0) from a TIFF block, 1...8; nil when absent or damaged.
    /// Source: TIFF 6.0 section 2, EXIF 2.3 section 4.6.4.
    static func orientation(tiff: ArraySlice<UInt8>) -> Int? {
        let reader: Reader
        switch (tiff.first, tiff.dropFirst().first) {
        case (0x49, 0x49): reader = Reader(bytes: tiff, littleEndian: true)
        case (0x4D, 0x4D): reader = Reader(bytes: tiff, littleEndian: false)
        default: return nil
        }
        guard reader.integer(at: 2, size: 2) == 42, let directory = reader.integer(at: 4, size: 4),
            let entries = reader.integer(at: directory, size: 2)
        else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + entry * 12
            guard let tag = reader.integer(at: at, size: 2) else { return nil }
            guard tag == 274 else { continue }
            guard let type = reader.integer(at: at + 2, size: 2), type == 3 || type == 4,
                reader.integer(at: at + 4, size: 4) == 1,
                let value = reader.integer(at: at + 8, size: type == 3 ? 2 : 4), (1...8).contains(value)
            else { return nil }
            return value
        }
        return nil
    }

    private struct Reader {
        let bytes: ArraySlice<UInt8>
        let littleEndian: Bool

        /// An unsigned integer of 2 or 4 bytes; nil beyond the end. Offsets stay below 2^33, so sums cannot overflow.
        func integer(at offset: Int, size: Int) -> Int? {
            guard offset >= 0, offset <= bytes.count - size else { return nil }
            let start = bytes.startIndex + offset
            let field = bytes[start..<start + size]
            return littleEndian
                ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
