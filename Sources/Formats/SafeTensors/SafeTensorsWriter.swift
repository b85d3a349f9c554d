import IR

/// Writes `.safetensors` files, atomically.
package enum SafeTensorsWriter {
    /// Data start at a multiple of this many bytes: a cache line and the widest vector.
    package static let dataAlignment = 64

    /// Writes `tensors`, the widest element types first and then by name, so that each is aligned for its type.
    ///
    /// - Parameter isPadded: each begins at a multiple of ``dataAlignment`` instead, by tensors called ``paddingPrefix`` and a number between them:
    ///   the format allows no gaps.
    /// - Throws: ``CheckpointError`` for a tensor without bytes, with a symbolic shape, of a 4-bit type or named twice.
    package static func write(
        _ tensors: [Constant], metadata: [String: String] = [:], to path: String, isPadded: Bool = false
    ) throws(CheckpointError) {
        for tensor in tensors where tensor.tensor == nil {
            throw CheckpointError(
                .missing, file: path, subject: tensor.key, "it has no data, or not those of its type \(tensor.type)")
        }
        let sorted = isPadded ? padded(sorted(tensors)) : sorted(tensors)
        let header = try header(sorted, metadata, path)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            try file.append(header)
            for tensor in sorted {
                if let bytes = tensor.bytes { try file.append(bytes) }
            }
        }
    }

    /// Writes tensors whose bytes are made piece by piece, so that a file larger than the memory can be written.
    ///
    /// - Parameter fill: writes the elements of a tensor, little-endian, from the given element on into a buffer that holds a
    ///   whole number of them; called in the order of the file.
    /// - Throws: as ``write(_:metadata:to:)``, and what `fill` throws.
    package static func stream(
        _ tensors: [Constant], metadata: [String: String] = [:], to path: String,
        fill: (Constant, Int, UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let sorted = sorted(tensors)
        let header = try header(sorted, metadata, path)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: dataAlignment)
        defer { piece.deallocate() }
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            try file.append(header)
            for tensor in sorted {
                let (size, width) = (tensor.type.byteCount ?? 0, tensor.type.dtype.byteWidth)
                for start in stride(from: 0, to: size, by: pieceSize) {
                    let part = UnsafeMutableRawBufferPointer(rebasing: piece[..<min(pieceSize, size - start)])
                    try fill(tensor, start / width, part)
                    try file.append(UnsafeRawBufferPointer(part))
                }
            }
        }
    }

    /// Bytes made at once; a multiple of every element's size, and small enough to stop soon between two.
    private static let pieceSize = 16 << 20

    private static func sorted(_ tensors: [Constant]) -> [Constant] {
        tensors.sorted { ($1.type.dtype.byteWidth, $0.key) < ($0.type.dtype.byteWidth, $1.key) }
    }

    /// Names of tensors that only fill up space begin so.
    package static let paddingPrefix = "#padding."

    private static func padded(_ tensors: [Constant]) -> [Constant] {
        var result: [Constant] = []
        for tensor in tensors {
            result.append(tensor)
            let rest = (tensor.type.byteCount ?? 0) % dataAlignment
            guard rest > 0 else { continue }
            let filling = Tensor(zeros: .u8, [dataAlignment - rest])
            result.append(Constant(key: "\(paddingPrefix)\(result.count)", filling))
        }
        return result
    }

    package static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) {
        try write(tensors.map { Constant(key: $0.key, $0.value) }, metadata: metadata, to: path)
    }

    private static func header(
        _ tensors: [Constant], _ metadata: [String: String], _ path: String
    ) throws(CheckpointError) -> [UInt8] {
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var position = 0
        var names: Set<String> = ["__metadata__"]
        for tensor in tensors {
            guard names.insert(tensor.key).inserted else {
                throw CheckpointError(.duplicate, file: path, subject: tensor.key, "the name is taken")
            }
            fields.append(try field(tensor, &position, path))
        }
        var json = Array("{\(fields.joined(separator: ","))}".utf8)
        let padding = (dataAlignment - (8 + json.count) % dataAlignment) % dataAlignment
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        guard json.count <= SafeTensorsHeader.maximumLength else {
            throw CheckpointError(.unwritable, file: path, "the header would take \(json.count) bytes, too many")
        }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func field(
        _ tensor: Constant, _ position: inout Int, _ path: String
    ) throws(CheckpointError) -> String {
        guard let dtype = tensor.type.dtype.safeTensorsName else {
            throw CheckpointError(
                .unsupported, file: path, subject: tensor.key,
                "safetensors has no type \(tensor.type.dtype.rawValue)", advice: "store it as u8")
        }
        guard let shape = tensor.type.staticShape, let size = tensor.type.byteCount,
            case let (end, overflows) = position.addingReportingOverflow(size), !overflows
        else {
            throw CheckpointError(.unwritable, file: path, subject: tensor.key, "its type is \(tensor.type), which has no size")
        }
        defer { position = end }
        return "\(JSONText.quoted(tensor.key)):{\"dtype\":\"\(dtype)\",\"shape\":[\(shape.map(String.init).joined(separator: ","))],"
            + "\"data_offsets\":[\(position),\(end)]}"
    }
}
