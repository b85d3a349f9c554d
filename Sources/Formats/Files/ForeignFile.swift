import Files

extension CheckpointError {
    /// That a file is something else than what is needed: says what it is, and what helps.
    /// - Parameter needed: `a safetensors file`, …
    static func foreign(_ bytes: UnsafeRawBufferPointer, file: String, needed: String) -> CheckpointError {
        let kind = FileKind(Array(bytes.prefix(FileKind.headCount)))
        return CheckpointError(
            .unsupported, file: file, "is \(kind?.title ?? "of no known format"); \(needed) is needed", advice: kind?.remedy)
    }

    /// The same where the kind is known to be none of `accepted`; nil for what may be a damaged file of the needed kind.
    static func foreign(
        _ bytes: UnsafeRawBufferPointer, file: String, needed: String, accepted: Set<FileKind>
    ) -> CheckpointError? {
        guard let kind = FileKind(Array(bytes.prefix(FileKind.headCount))), !accepted.contains(kind) else { return nil }
        return foreign(bytes, file: file, needed: needed)
    }
}
