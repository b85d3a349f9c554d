import Foundation
import Glibc
import Testing

@testable import Files

@Suite struct InputFileTests {
    private static func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("input-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }

    /// An open of a FIFO without a writer would never come back.
    @Test func whatIsNoFileIsRefusedByName() throws {
        try InputFileTests.inFolder { folder in
            let fifo = folder + "/fifo.png"
            try #require(mkfifo(fifo, 0o600) == 0)
            let socket = folder + "/socket.png"
            let listener = try #require(InputFileTests.listen(at: socket))
            defer { close(listener) }
            let cases = [
                (fifo, "is a FIFO (named pipe) that nothing is written to"), (socket, "is a socket"), (folder, "is a folder"),
                ("/dev/null", "is a device"), ("/dev/zero", "is a device"), (folder + "/a\0b", "the path contains a zero byte"),
            ]
            for (path, problem) in cases {
                let error = #expect(throws: InputError.self) { try InputFile.bytes(path) }
                #expect(error?.problem == problem && error?.path == path)
                #expect(error?.cause == (path.contains("\0") ? .missing : .kind))
            }
            #expect(throws: InputError.system(folder + "/none", "cannot be opened", ENOENT)) { try InputFile.bytes(folder + "/none") }
        }
    }

    @Test func filesAndPipesAreRead() throws {
        try InputFileTests.inFolder { folder in
            let path = folder + "/a"
            let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            try OutputFile.write(bytes, to: path)
            #expect(try InputFile.bytes(path) == bytes)
            #expect(try InputFile(path).size == bytes.count)
            #expect(throws: InputError.self) { try InputFile.bytes(path, limit: bytes.count - 1) }

            let fifo = folder + "/fifo"
            try #require(mkfifo(fifo, 0o600) == 0)
            // Held open for both, so that the thread's open need not wait for a reader.
            let holder = open(fifo, O_RDWR | O_CLOEXEC)
            let writer = Thread {
                let descriptor = open(fifo, O_WRONLY | O_CLOEXEC)
                _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
                close(descriptor)
                close(holder)
            }
            let file = try InputFile(fifo)
            #expect(file.size == nil)
            writer.start()
            #expect(try file.bytes() == bytes)
        }
    }

    @Test func textsAreUTF8() throws {
        try InputFileTests.inFolder { folder in
            let path = folder + "/a.txt"
            try OutputFile.write([0xEF, 0xBB, 0xBF, 0x61, 0xC3, 0xA9], to: path)
            #expect(try InputFile.text(path) == "aé")
            try OutputFile.write([0x61, 0xE9], to: path)
            #expect(throws: InputError(path, "is no text in UTF-8", .content, advice: "save it as UTF-8")) { try InputFile.text(path) }
            try OutputFile.write([0xFF, 0xD8, 0xFF, 0xE0], to: path)
            let error = #expect(throws: InputError.self) { try InputFile.text(path) }
            #expect(error?.problem == "is a JPEG picture; text in UTF-8 is needed")
        }
    }

    @Test func whatIsNoTextIsNamed() throws {
        try InputFileTests.inFolder { folder in
            let path = folder + "/b.txt"
            for (bytes, word) in [
                ([UInt8](arrayLiteral: 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A), "PNG"), ([0xFF, 0xFE, 0x61, 0], "UTF-16"),
                (Array("<!DOCTYPE html>".utf8), "HTML"), (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS"),
            ] {
                try OutputFile.write(bytes, to: path)
                let error = #expect(throws: InputError.self) { try InputFile.text(path) }
                #expect(error?.problem.contains(word) == true, "\(String(describing: error))")
            }
        }
    }

    private static func listen(at path: String) -> Int32? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        return isBound == 0 ? descriptor : nil
    }
}
