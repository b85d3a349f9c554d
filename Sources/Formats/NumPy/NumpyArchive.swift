import IR

/// Named arrays in NumPy's `.npz` format: a zip archive of `.npy` files.
package enum NumpyArchive {
    /// Reads every array, of `numpy.savez` and of `numpy.savez_compressed`.
    /// - Throws: ``CheckpointError`` naming the file and the array.
    package static func read(_ path: String) throws(CheckpointError) -> [String: Tensor] {
        try decode(ByteSlice(try MappedFile.open(path)), name: path)
    }

    /// The same of `bytes`; `path` is for messages.
    package static func decode(_ bytes: ByteSlice, name path: String) throws(CheckpointError) -> [String: Tensor] {
        if let other = bytes.withBytes({
            CheckpointError.foreign($0, file: path, needed: "an archive of NumPy arrays (.npz)", accepted: [.zip, .npz])
        }) {
            throw other
        }
        let archive = try ZipArchive(bytes, path: path)
        var arrays: [String: Tensor] = [:]
        for entry in archive.entries where entry.name.hasSuffix(".npy") {
            let name = String(entry.name.dropLast(4))
            arrays[name] = try NumpyFile.decode(archive.content(of: entry), name: "\(path)(\(entry.name))")
        }
        return arrays
    }

    /// Writes `arrays` sorted by name, uncompressed, each at a multiple of 64 bytes, atomically.
    package static func write(_ arrays: [String: Tensor], to path: String) throws(CheckpointError) {
        var entries: [ZipWriter.Entry] = []
        for (name, array) in arrays.sorted(by: { $0.key < $1.key }) {
            let tensor = NumpyFile.representable(array)
            let header = NumpyHeader.encode(tensor.dtype, tensor.shape)
            entries.append(ZipWriter.Entry(name: name + ".npy", parts: [ByteSlice(copying: header), tensor.bytes]))
        }
        try ZipWriter.write(entries, to: path)
    }
}
