import IR

/// The `length key=value\n` records of a pax extended header (POSIX.1-2001) that say something about the next file.
struct PaxRecords {
    var path: [UInt8]?
    /// What a link leads to.
    var target: [UInt8]?
    var size: Int?
    /// Whether the next file is a sparse one in GNU's way, whose content is a map and pieces.
    var isSparse = false

    /// nil where `text` is no list of records. Other keys do not matter to a reader of contents.
    init?(_ text: UnsafeRawBufferPointer) {
        var rest = text[...]
        while !rest.isEmpty {
            guard let blank = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
                let length = Int(String(decoding: rest[rest.startIndex..<blank], as: UTF8.self)), length > 0, length <= rest.count
            else { return nil }
            let end = rest.startIndex + length
            guard blank + 1 < end, rest[end - 1] == UInt8(ascii: "\n"), take(rest[(blank + 1)..<(end - 1)]) else { return nil }
            rest = rest[end...]
        }
    }

    private mutating func take(_ record: Swift.Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let value = record[(equals + 1)...]
        switch String(decoding: record[record.startIndex..<equals], as: UTF8.self) {
        case "path": path = value.isEmpty ? nil : Array(value)
        case "linkpath": target = value.isEmpty ? nil : Array(value)
        case "size":
            guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else { return false }
            size = number
        case let key where key.hasPrefix("GNU.sparse."): isSparse = true
        default: break
        }
        return true
    }

    /// One record; its length counts itself.
    static func encode(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let tail = [UInt8(ascii: " ")] + Array(key.utf8) + [UInt8(ascii: "=")] + value + [UInt8(ascii: "\n")]
        var length = tail.count
        while String(length).utf8.count + tail.count != length { length = String(length).utf8.count + tail.count }
        return Array(String(length).utf8) + tail
    }
}
