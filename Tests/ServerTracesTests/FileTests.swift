import Foundation
import Tessera
import Testing

@testable import ServerTraces

/// Files that are full, gone or none.
@Suite struct FileTests {
    @Test func aFullDiskLosesSpansAndSaysSo() throws {
        let file = TracedFile()
        let tracer = try file.tracer("/dev/full")
        for _ in 0..<3 { tracer.span("lost").end() }
        tracer.forceFlush()
        tracer.span("lost too").end()
        tracer.forceFlush()
        #expect(file.dropped.withLock { $0 } == 4)
        // Once, until it goes right again.
        #expect(file.trouble.withLock { $0 } == ["spans are lost: /dev/full: No space left on device"])
    }

    @Test func aLineIsWrittenWholeOrNotAtAll() async {
        await #expect(processExitsWith: .success) {
            // The process may write files of 40 bytes; more fails.
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 40, rlim_max: 40)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            var name = Array("/tmp/tessera-traces-XXXXXX\0".utf8CString)
            close(mkstemp(&name))
            let path = String(decoding: name.dropLast(2).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let file = try? TraceFile(path) else { exit(1) }
            let line = [UInt8](repeating: UInt8(ascii: "x"), count: 29) + [UInt8(ascii: "\n")]
            guard file.append(line) == nil, file.append(line)?.contains("File too large") == true else { exit(2) }
            let count = (try? Data(contentsOf: URL(fileURLWithPath: path)))?.count
            unlink(path)
            exit(count == 30 ? 0 : 3)
        }
    }

    @Test func whatDoesNotFitTheQueueIsLost() throws {
        let file = TracedFile()
        let output = TraceOutput(
            try TraceFile(file.path), version: "", dropped: { count in file.dropped.withLock { $0 += count } }, trouble: { _ in })
        let span = EndedSpan(
            identity: TraceIdentity(TraceSampler(share: 1)), parent: nil, kind: .internal, start: 1, end: 2, facts: SpanFacts(name: "many"))
        // The thread that writes is held back for the first 200 ms at least; on a slow machine it may take some meanwhile.
        let count = 4 * TraceOutput.most
        for _ in 0..<count { output.add(span) }
        output.flush()
        let written = try file.spans().count
        #expect(written + file.dropped.withLock { $0 } == count && written >= TraceOutput.most)
    }

    @Test func aFileThatWasRenamedIsLeft() throws {
        let file = TracedFile()
        let tracer = try file.tracer()
        tracer.span("old").end()
        tracer.forceFlush()
        try FileManager.default.moveItem(atPath: file.path, toPath: file.path + ".1")
        defer { try? FileManager.default.removeItem(atPath: file.path + ".1") }
        tracer.reopen()
        tracer.span("new").end()
        tracer.forceFlush()
        #expect(try file.spans().map { $0["name"]?.string } == ["new"])
        // A file that is there is continued.
        let other = try file.tracer()
        other.span("newer").end()
        other.forceFlush()
        #expect(try file.spans().count == 2)
    }

    @Test func aFileThatCannotBeOpenedAgainLeavesTheOldOne() throws {
        let file = TracedFile()
        let tracer = try file.tracer()
        try FileManager.default.removeItem(atPath: file.path)
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: true)
        tracer.reopen()
        tracer.span("kept").end()
        tracer.forceFlush()
        #expect(file.trouble.withLock { $0.count } == 1 && file.dropped.withLock { $0 } == 0)
    }

    @Test func whatIsNoFileIsRefused() throws {
        let file = TracedFile()
        let folder = FileManager.default.temporaryDirectory.path
        #expect(throws: TesseraError.self) { try file.tracer(folder) }
        #expect(throws: TesseraError.self) { try file.tracer(file.path + "/none/x") }
        #expect(mkfifo(file.path, 0o600) == 0)
        #expect(throws: TesseraError.self) { try file.tracer() }
    }
}
