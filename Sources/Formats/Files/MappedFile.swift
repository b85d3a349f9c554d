import Files
import Glibc
import IR

/// Read-only memory maps of whole files.
///
/// A file that another process shortens while it is mapped ends this process with SIGBUS; replace files by renaming
/// (as ``AtomicFile`` does), never by overwriting.
package enum MappedFile {
    /// Maps `path`; the mapping ends when the last reference to the bytes goes. What comes through a pipe is read instead.
    /// - Throws: ``CheckpointError`` of kind `unreadable` for what is empty or no file.
    package static func open(_ path: String) throws(CheckpointError) -> Bytes {
        do {
            let file = try InputFile(path)
            guard let size = file.size else { return ByteSlice(copying: try file.bytes()).owner }
            guard size > 0 else { throw CheckpointError(.unreadable, file: path, "is empty", advice: "download or copy it again") }
            guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0), memory != MAP_FAILED else {
                throw CheckpointError(.unreadable, file: path, "cannot be mapped: \(String(cString: strerror(errno)))")
            }
            return Bytes(adopting: memory, count: size, evict: evict) { pointer, count in munmap(pointer, count) }
        } catch let error as InputError {
            throw CheckpointError(.unreadable, file: path, error.problem, advice: error.advice)
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw CheckpointError(.unreadable, file: path, "\(error)")
        }
    }

    /// The bytes of a small file, at most `limit`.
    /// - Throws: ``CheckpointError`` of kind `unreadable`.
    package static func bytes(_ path: String, limit: Int) throws(CheckpointError) -> [UInt8] {
        do { return try InputFile.bytes(path, limit: limit) } catch {
            throw CheckpointError(.unreadable, file: path, error.problem, advice: error.advice)
        }
    }

    /// Gives back the whole pages inside a range of a map. Nobody writes to it, so that the file still has what they held.
    @Sendable private static func evict(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = UInt(bitPattern: pointer)
        let skipped = Int((UInt(page) - start % UInt(page)) % UInt(page))
        let whole = (count - skipped) / page * page
        guard page > 0, whole > 0 else { return }
        _ = madvise(pointer + skipped, whole, MADV_DONTNEED)
    }
}
