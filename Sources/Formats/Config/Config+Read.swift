import IR

extension Config {
    /// Reads a JSON file that holds an object.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func read(_ path: String) throws(CheckpointError) -> Config {
        let value = try ByteSlice(MappedFile.open(path)).withBytes { (text) throws(CheckpointError) in
            try JSONReader.parse(text, file: path)
        }
        guard case .dict = value else {
            throw CheckpointError(.malformed, file: path, "is \(value.kindName), a JSON object is needed")
        }
        return Config(value, file: path)
    }
}
