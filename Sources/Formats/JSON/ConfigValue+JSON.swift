import IR

extension ConfigValue {
    /// Reads JSON text in UTF-8 (see ``JSONReader``).
    /// - Parameter file: where it comes from, for messages.
    /// - Throws: ``CheckpointError`` of kind `malformed`, `duplicate` or `unsupported` that names the byte.
    package init(json: some Sequence<UInt8>, file: String) throws(CheckpointError) {
        let bytes = Array(json)
        let result: Result<ConfigValue, CheckpointError> = bytes.withUnsafeBytes { text in
            Result { () throws(CheckpointError) in try JSONReader.parse(text, file: file) }
        }
        self = try result.get()
    }

    /// Reads JSON text.
    /// - Throws: as ``init(json:file:)``.
    package init(json: String, file: String = "JSON") throws(CheckpointError) { try self.init(json: json.utf8, file: file) }
}
