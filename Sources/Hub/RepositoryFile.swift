import Names

/// Names of files in repositories: `config.json`, `sub/model.safetensors`.
enum RepositoryFile {
    /// - Throws: ``HubError`` of kind `malformed` for a name that could lead out of the snapshot's folder.
    static func check(_ name: String, in repository: RepositoryName) throws(HubError) {
        guard OutsideName.isPlain(name) else {
            throw HubError(
                .malformed,
                "\(repository.id) names a file '\(ForeignText.clean(name))'; absolute paths, '..' and invisible characters are refused")
        }
    }

    /// Name of a blob in the cache: the etag without quotes and mark of weakness.
    /// - Throws: ``HubError`` of kind `malformed` for an etag that is no plain file name.
    static func blobName(etag: String, of file: String, in repository: RepositoryName) throws(HubError) -> String {
        var name = etag[...]
        if name.hasPrefix("W/") { name = name.dropFirst(2) }
        if name.hasPrefix("\""), name.hasSuffix("\""), name.utf8.count >= 2 { name = name.dropFirst().dropLast() }
        let isPlain =
            (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy {
                $0 < 0x80 && ($0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || isWord($0))
            }
        guard isPlain else {
            throw HubError(
                .malformed, "\(repository.id): the etag of \(file), '\(ForeignText.clean(etag))', cannot name a file in the cache")
        }
        return String(name)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
