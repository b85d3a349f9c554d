import Foundation
import Glibc
import Testing

@testable import Files

@Suite struct AbandonedFileTests {
    private let folder = Scratch()

    private var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

    private func make(_ name: String) { #expect(FileManager.default.createFile(atPath: folder.file(name), contents: Data([1]))) }

    /// The number of no process.
    private let gone = Int32.max

    @Test func whatKilledProcessesLeftIsRemoved() throws {
        let kept = [".tessera-1-zz.part", ".tessera-x-1.part", ".tessera-\(gone)-1.partial", "a.part", "tessera-\(gone)-1.part"]
        for name in kept + [".tessera-\(gone)-a1.part", ".tessera-\(gone)-0.part"] { make(name) }
        // Of this process, which may be about to lock it.
        make(".tessera-\(getpid())-1.part")
        OutputFile.removeAbandoned(in: folder.path)
        #expect(names == (kept + [".tessera-\(getpid())-1.part"]).sorted())
        var old = [timeval(tv_sec: time(nil) - 100, tv_usec: 0), timeval(tv_sec: time(nil) - 100, tv_usec: 0)]
        utimes(folder.file(".tessera-\(getpid())-1.part"), &old)
        OutputFile.removeAbandoned(in: folder.path)
        #expect(names == kept.sorted())
    }

    @Test func whatIsBeingWrittenStays() throws {
        try OutputFile.write(to: folder.file("a.txt")) { (file) throws(OutputError) in
            try file.append([1, 2])
            guard let name = names.first else { throw OutputError("a", "has no temporary file") }
            // As if the process were on another machine, and slow.
            var old = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
            utimes(folder.file(name), &old)
            OutputFile.removeAbandoned(in: folder.path)
        }
        #expect(names == ["a.txt"])
    }

    @Test func oneRunAtATime() throws {
        let path = folder.file(".lock")
        var first: RunLock? = try RunLock(path, for: "out")
        let error = #expect(throws: OutputError.self) { try RunLock(path, for: "out") }
        #expect(error?.description.contains("out: is being written by another run") == true)
        withExtendedLifetime(first) {}
        first = nil
        #expect(names.isEmpty)
        _ = try RunLock(path, for: "out")
        #expect(throws: OutputError.self) { try RunLock(folder.file("missing/.lock"), for: "out") }
    }
}
