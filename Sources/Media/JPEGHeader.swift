/// What the marker segments before the first scan say (ITU-T T.81 annex B).
struct JPEGHeader {
    var width = 0
    var height = 0
    var components = 0
    /// EXIF orientation, 1 when absent.
    var orientation = 1

    init(_ bytes: [UInt8], file: String) throws {
        var sawFrame = false
        var sawOrientation = false
        var at = 2
        scan: while let marker = Self.nextMarker(bytes, &at) {
            switch marker {
            case 0x01, 0xD0...0xD8: continue
            case 0xD9, 0xDA: break scan
            default: break
            }
            guard at + 2 <= bytes.count else { break }
            let length = Int(bytes[at]) << 8 | Int(bytes[at + 1])
            guard length >= 2, at + length <= bytes.count else { break }
            let body = bytes[at + 2..<at + length]
            at += length
            if Self.isFrame(marker), !sawFrame {
                try readFrame(body, file: file)
                sawFrame = true
            } else if marker == 0xE1, !sawOrientation, body.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) {
                orientation = EXIF.orientation(tiff: body.dropFirst(6)) ?? 1
                sawOrientation = true
            }
        }
        guard sawFrame else {
            throw MediaError(
                .corrupt, file: file, "the JPEG ends before its frame header", remedy: "get an undamaged copy")
        }
    }

    /// SOF0...SOF15; C4 (DHT), C8 (JPG) and CC (DAC) share the range.
    private static func isFrame(_ marker: UInt8) -> Bool {
        (0xC0...0xCF).contains(marker) && marker != 0xC4 && marker != 0xC8 && marker != 0xCC
    }

    private static func nextMarker(_ bytes: [UInt8], _ at: inout Int) -> UInt8? {
        while at < bytes.count {
            guard bytes[at] == 0xFF else {
                at += 1
                continue
            }
            while at < bytes.count, bytes[at] == 0xFF { at += 1 }
            guard at < bytes.count else { return nil }
            at += 1
            if bytes[at - 1] != 0 { return bytes[at - 1] }
        }
        return nil
    }

    private mutating func readFrame(_ body: ArraySlice<UInt8>, file: String) throws {
        let fields = Array(body.prefix(6))
        guard fields.count == 6 else {
            throw MediaError(
                .corrupt, file: file, "the JPEG frame header is too short", remedy: "get an undamaged copy")
        }
        guard fields[0] == 8 else {
            throw MediaError(
                .format, file: file, "the JPEG has \(fields[0]) bits a sample", remedy: "save it with 8 bits a sample")
        }
        height = Int(fields[1]) << 8 | Int(fields[2])
        width = Int(fields[3]) << 8 | Int(fields[4])
        components = Int(fields[5])
        guard components == 1 || components == 3 || components == 4 else {
            throw MediaError(
                .format, file: file, "the JPEG has \(components) components", remedy: "save it as grey, RGB or CMYK")
        }
    }
}
