import IR

/// The header of a `.npy` file (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html): a Python
/// dictionary literal with `descr`, `fortran_order` and `shape`.
struct NumpyHeader: Equatable {
    var dtype: DType
    var isBigEndian = false
    var isFortranOrder = false
    var shape: [Int]

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    private static let maximumLength = 1 << 20

    /// The header at the start of `file`, and where the data start.
    static func read(_ file: UnsafeRawBufferPointer, name: String) throws(CheckpointError) -> (NumpyHeader, Int) {
        let reader = ByteReader(bytes: file)
        guard let start = reader.range(0, 8), start.prefix(6).elementsEqual(magic) else {
            throw CheckpointError.foreign(file, file: name, needed: "a NumPy array (.npy)")
        }
        let isFirstVersion = start[6] == 1
        guard (1...3).contains(start[6]), start[7] == 0 else {
            throw CheckpointError(.unsupported, file: name, ".npy version \(start[6]).\(start[7]) is not known")
        }
        let length = isFirstVersion ? reader.int(UInt16.self, at: 8) : reader.int(UInt32.self, at: 8)
        let textStart = isFirstVersion ? 10 : 12
        guard let length, length <= maximumLength, let text = reader.range(textStart, length) else {
            throw CheckpointError(.truncated, file: name, "the .npy header is longer than the file or 1 MiB")
        }
        return (try parse(text, name: name), textStart + length)
    }

    private static func parse(_ text: UnsafeRawBufferPointer, name: String) throws(CheckpointError) -> NumpyHeader {
        var literal = PythonLiteral(text)
        guard let fields = literal.dictionary() else {
            throw CheckpointError(
                .malformed, file: name, "the .npy header is no dictionary of descr, fortran_order, shape")
        }
        guard case .string(let description) = fields["descr"] else {
            let problem = "only arrays of one plain element type are read, this has fields"
            throw CheckpointError(fields["descr"] == nil ? .malformed : .unsupported, file: name, problem)
        }
        guard let (dtype, isBigEndian) = elementType(description) else {
            throw CheckpointError(.unsupported, file: name, "element type `\(description)` is not supported")
        }
        guard case .bool(let isFortranOrder) = fields["fortran_order"], case .list(let items) = fields["shape"] else {
            throw CheckpointError(.malformed, file: name, "`fortran_order` or `shape` is missing in the .npy header")
        }
        let shape = items.compactMap { item -> Int? in
            guard case .int(let size) = item, size >= 0 else { return nil }
            return size
        }
        guard shape.count == items.count, shape.count <= SafeTensorsHeader.maximumRank else {
            throw CheckpointError(.malformed, file: name, "`shape` in the .npy header is no tuple of sizes")
        }
        return NumpyHeader(dtype: dtype, isBigEndian: isBigEndian, isFortranOrder: isFortranOrder, shape: shape)
    }

    private static let codes: [String: DType] = [
        "b1": .bool, "i1": .i8, "u1": .u8, "i2": .i16, "u2": .u16, "i4": .i32, "u4": .u32, "i8": .i64, "u8": .u64,
        "f2": .f16, "f4": .f32, "f8": .f64,
    ]

    private static func elementType(_ description: String) -> (DType, Bool)? {
        guard let order = description.first, "<>|=".contains(order),
            let dtype = codes[String(description.dropFirst())]
        else { return nil }
        return (dtype, order == ">" && dtype.byteWidth > 1)
    }

    /// Magic, length and header text of a C-ordered little-endian array, padded to a multiple of 64 bytes.
    static func encode(_ dtype: DType, _ shape: [Int]) -> [UInt8] {
        let code = codes.first { $0.value == dtype }?.key ?? ""
        let order = dtype.byteWidth > 1 ? "<" : "|"
        let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var text = Array("{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
        let padding = 63 - (10 + text.count) % 64
        text += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
        return magic + [1, 0] + UInt16(clamping: text.count).littleEndianBytes + text
    }
}

/// The few Python literals that `.npy` headers are made of: dictionaries of strings, booleans, integers, tuples and
/// lists.
private struct PythonLiteral {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The dictionary that is the whole text; nil if it is anything else.
    mutating func dictionary() -> ConfigDictionary? {
        guard take("{") else { return nil }
        var dictionary = ConfigDictionary()
        while !take("}") {
            guard case .string(let key) = value(), dictionary[key] == nil, take(":"), let value = value() else {
                return nil
            }
            dictionary[key] = value
            guard take(",") || peek == UInt8(ascii: "}") else { return nil }
        }
        skipSpace()
        return position == bytes.count ? dictionary : nil
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard bytes.count - position >= text.utf8.count, bytes[position...].starts(with: text.utf8) else {
            return false
        }
        position += text.utf8.count
        skipSpace()
        return true
    }

    private mutating func value() -> ConfigValue? {
        if take("True") { return .bool(true) }
        if take("False") { return .bool(false) }
        if take("(") { return list(end: ")") }
        if take("[") { return list(end: "]") }
        guard let first = peek else { return nil }
        return first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") ? string(first) : integer()
    }

    private mutating func list(end: String) -> ConfigValue? {
        depth += 1
        guard depth <= 8 else { return nil }
        var items: [ConfigValue] = []
        while !take(end) {
            guard let item = value() else { return nil }
            items.append(item)
            if take(",") { continue }
            guard take(end) else { return nil }
            break
        }
        depth -= 1
        return .list(items)
    }

    private mutating func string(_ quote: UInt8) -> ConfigValue? {
        position += 1
        let start = position
        while let byte = peek, byte != quote, byte != UInt8(ascii: "\\") { position += 1 }
        guard peek == quote, let text = String(validating: bytes[start..<position], as: UTF8.self) else { return nil }
        position += 1
        skipSpace()
        return .string(text)
    }

    /// Digits; Python 2 wrote an `L` after some.
    private mutating func integer() -> ConfigValue? {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else { return nil }
        _ = take("L")
        return .int(value)
    }
}
