import Files
import IR

/// Writes a file that must have reached the disk before it gets its name: ``OutputFile`` with the errors of checkpoints.
package struct AtomicFile: ~Copyable {
    private let file: OutputFile

    /// - Throws: what `body` throws, or ``CheckpointError`` of kind `unwritable`; the target is then untouched.
    package static func write(
        to path: String, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        _ = try write(to: path, isNew: false, body)
    }

    /// As ``write(to:_:)``, but leaves a file that is already there, also one that appears meanwhile; false then.
    package static func writeNew(
        to path: String, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> Bool {
        try write(to: path, isNew: true, body)
    }

    private static func write(
        to path: String, isNew: Bool, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> Bool {
        var failure: CheckpointError?
        do throws(OutputError) {
            return try OutputFile.write(to: path, isDurable: true, isNew: isNew) { (file) throws(OutputError) in
                do throws(CheckpointError) {
                    try body(AtomicFile(file: OutputFile(descriptor: file.descriptor, path: path)))
                } catch {
                    failure = error
                    throw OutputError(path, "was not completed")
                }
            }
        } catch { throw failure ?? CheckpointError(.unwritable, file: path, error.problem) }
    }

    /// Appends all of `bytes`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        do throws(OutputError) { try file.append(bytes) } catch { throw CheckpointError(.unwritable, file: file.path, error.problem) }
    }

    func append(_ slice: ByteSlice) throws(CheckpointError) {
        try slice.withBytes { (bytes) throws(CheckpointError) in try append(bytes) }
    }

    package func append(_ bytes: [UInt8]) throws(CheckpointError) {
        var failure: CheckpointError?
        bytes.withUnsafeBytes { buffer in
            do throws(CheckpointError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
