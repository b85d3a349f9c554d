import Files
import Glibc

/// Text files that people write: prompts, settings, lists of models.
package enum TextFile {
    /// Bytes; far more than such files take.
    private static let maximumSize = 1 << 28

    /// The text of the file or pipe `path`, in UTF-8, without a byte order mark.
    /// - Throws: ``CheckpointError`` that says why it cannot be read, or what it is instead of text.
    package static func read(_ path: String) throws(CheckpointError) -> String {
        let bytes = try contents(path)
        let kind = FileKind(bytes.prefix(FileKind.headCount))
        // Pages that stand for a file are text too; other kinds are told by their words, which a text may begin with.
        if let kind, [.gitLFSPointer, .html, .zeros].contains(kind) { throw foreign(kind, path) }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        guard let text = String(validating: body, as: UTF8.self) else {
            throw kind.map { foreign($0, path) }
                ?? CheckpointError(.malformed, file: path, "is no text in UTF-8", advice: "save it as UTF-8")
        }
        return text
    }

    private static func foreign(_ kind: FileKind, _ path: String) -> CheckpointError {
        CheckpointError(.unsupported, file: path, "is \(kind.title); text in UTF-8 is needed", advice: kind.remedy)
    }

    private static func contents(_ path: String) throws(CheckpointError) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw CheckpointError(.unreadable, file: path, "the path contains a zero byte") }
        if FilePath.isFolder(path) { throw CheckpointError(.unreadable, file: path, "is a folder, a text file is needed") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError(path)
            }
            bytes += chunk[..<count]
            guard bytes.count <= maximumSize else {
                throw CheckpointError(.unsupported, file: path, "has more than \(maximumSize) bytes, too many for a text file")
            }
        }
    }

    private static func systemError(_ path: String) -> CheckpointError {
        CheckpointError(.unreadable, file: path, "cannot be read: \(String(cString: strerror(errno)))")
    }
}
