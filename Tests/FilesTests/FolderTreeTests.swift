import Foundation
import Glibc
import Testing

@testable import Files

@Suite struct FolderTreeTests {
    private let folder = Scratch()

    private func make(_ name: String) throws {
        let path = folder.file(name)
        try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        #expect(FileManager.default.createFile(atPath: path, contents: Data()))
    }

    @Test func namesThatAreNoTextAreTold() throws {
        let bytes = Array((folder.path + "/").utf8) + [0xE9] + Array(".png".utf8)
        let descriptor = (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { name in
            name.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o666) } ?? -1
        }
        close(descriptor)
        #expect(try FolderListing(folder.path, suffixes: ["png"]).lost == ["\u{FFFD}.png"])
    }

    /// The folder of a process that has ended opens, and then cannot be read.
    @Test func foldersThatCannotBeReadToTheirEndAreErrors() throws {
        var (process, end) = (pid_t(), siginfo_t())
        let words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(words[0]) }
        try #require(posix_spawnp(&process, "true", nil, nil, words, environ) == 0)
        defer { waitpid(process, nil, 0) }
        while waitid(P_PID, id_t(process), &end, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let error = #expect(throws: OutputError.self) { try FolderListing("/proc/\(process)/net", suffixes: []) }
        #expect(error?.problem.contains("cannot be read to its end") == true)
        symlink("/proc/\(process)/net", folder.file("net"))
        try make("a.png")
        let listing = try FolderListing(folder.path, suffixes: ["png"], entersSubfolders: true)
        #expect(listing.files == ["a.png"] && listing.lost == ["net"])
    }

    /// A folder that two names lead to is read under both; one that leads to itself ends.
    @Test func linksToFolders() throws {
        try make("real/a.png")
        symlink("real", folder.file("again"))
        symlink("..", folder.file("real/round"))
        let listing = try FolderListing(folder.path, suffixes: ["png"], entersSubfolders: true)
        #expect(listing.files == ["again/a.png", "real/a.png"] && listing.folders == ["again/round", "real/round"])
    }
}
