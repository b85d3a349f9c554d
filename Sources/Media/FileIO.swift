import Files

/// Whole files in and out, with errors that name the file.
enum FileIO {
    /// The bytes of `path`, at most `limit` of them.
    static func read(_ path: String, limit: Int = ImageLimits.maxFileBytes) throws -> [UInt8] {
        do { return try InputFile.bytes(path, limit: limit) } catch {
            throw MediaError(
                error.cause == .content ? .size : .file, file: path, error.problem,
                remedy: error.cause == .kind ? "name a picture file" : error.advice)
        }
    }

    /// Writes `bytes` to `path`, as `OutputFile` does.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do { try OutputFile.write(bytes, to: path) } catch {
            throw MediaError(.file, file: path, error.problem, remedy: "check that its folder exists, may be written to and has room")
        }
    }
}
