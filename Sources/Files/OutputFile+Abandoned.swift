import Glibc

extension OutputFile {
    /// Removes the temporary files that killed processes left in `folder`: those of ``temporaryName(beside:)`` that nobody writes to.
    ///
    /// Who writes holds a lock, which ends with the process, also on other machines that share the folder. Between making and locking a
    /// file lies a moment; a young file of a process that is alive, or might be elsewhere, is left.
    package static func removeAbandoned(in folder: String) {
        guard let stream = opendir(folder.isEmpty ? "." : folder) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let process = processID(ofTemporary: name) else { continue }
            removeIfAbandoned(folder.isEmpty ? name : "\(folder)/\(name)", process)
        }
    }

    private static func removeIfAbandoned(_ path: String, _ process: pid_t) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        let isGone = kill(process, 0) != 0 && errno == ESRCH
        if isGone || time(nil) - status.st_mtim.tv_sec > 60 { unlink(path) }
    }

    /// Whether a file or folder of this name is one that is not finished.
    static func isTemporary(_ name: String) -> Bool { processID(ofTemporary: name) != nil }

    /// PID of `.tessera-PID-NUMBER.part`; nil for other names.
    private static func processID(ofTemporary name: String) -> pid_t? {
        guard name.hasPrefix(".tessera-"), name.hasSuffix(".part") else { return nil }
        let parts = name.dropFirst(".tessera-".count).dropLast(".part".count).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, UInt64(parts[1], radix: 16) != nil, let process = pid_t(parts[0]), process > 0 else { return nil }
        return process
    }
}
