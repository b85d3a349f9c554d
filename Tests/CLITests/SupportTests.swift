import Formats
import Foundation
import Testing

@testable import CLI

@Suite struct SupportTests {
    @Test func timesForPeople() {
        #expect(ProgressBar.time(0.85) == "850 ms")
        #expect(ProgressBar.time(187) == "3:07 min")
        #expect(ProgressBar.time(.infinity) == "?")
    }

    @Test func foldersThatCannotBeMadeAreNamedWithTheReason() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", "file")
        try Folders.make(folder.file("a/b/"))
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b")))
        let error = #expect(throws: CheckpointError.self) { try Folders.make(folder.file("file/b")) }
        #expect(error?.description == "\(folder.file("file")): the folder cannot be made: File exists; choose another place")
        let made = await Command("init", "--preset", "tok-human-poses-1k", "-o", folder.file("file/b"))
        #expect(made.code == 2 && made.messages.contains("/file is a file; name a folder"), "\(made.messages)")
        let run = await Command("generate", Shapes.folder, "--input", "caption=a", "-o", folder.file("file/b"))
        #expect(
            run.code == 2 && run.messages.contains("--output") && run.messages.contains("/file is a file; name a folder"), "\(run.messages)"
        )
    }

    @Test func errorsOfFoundationNamePathAndReason() throws {
        let error = #expect(throws: (any Error).self) { try FileManager.default.removeItem(atPath: "/proc/nothing/here") }
        #expect(Refusal.text(of: try #require(error)) == "/proc/nothing/here: No such file or directory")
    }

    @Test func plainProgressSaysEachQuarterOnce() {
        let capture = Output.Capture()
        Output.$capture.withValue(capture) {
            let bar = ProgressBar("decoding", isInteractive: false)
            for step in 0...100 { bar.update(Double(step) / 100, detail: "") }
            bar.finish()
        }
        let lines = capture.messages.split(separator: "\n")
        #expect(lines.prefix(5) == ["decoding: 0 %", "decoding: 25 %", "decoding: 50 %", "decoding: 75 %", "decoding: 100 %"])
        #expect(lines.count == 6)
    }

    @Test func timeLeftIsToldWhereThereIsSomethingToGoBy() {
        #expect(ProgressBar.remaining(0.25, 60) == "3:00 min left")
        for (done, elapsed) in [(0.01, 60.0), (1, 60), (0.5, 0.2)] { #expect(ProgressBar.remaining(done, elapsed) == "") }
    }

    @Test func quietLeavesWarningsAndErrors() {
        let capture = Output.Capture()
        Output.$capture.withValue(capture) {
            Terminal.beQuiet()
            Terminal.note("a note")
            for isInteractive in [false, true] {
                let bar = ProgressBar("decoding", isInteractive: isInteractive)
                bar.update(0.5, detail: "")
                bar.finish()
            }
            Terminal.warn("a warning")
            Terminal.error("an error")
        }
        #expect(capture.messages == "tessera: warning: a warning\ntessera: error: an error\n")
    }

    @Test func messagesStandInPlaceOfTheBarAndDoNotSteerTheTerminal() {
        let capture = Output.Capture()
        Output.$capture.withValue(capture) {
            let bar = ProgressBar("decoding", isInteractive: true)
            bar.update(0.5, detail: "a\u{1B}[2Jb")
            Terminal.warn("c\u{1B}[2Jd")
        }
        #expect(capture.messages.contains("a\\u{1B}[2Jb\r\u{1B}[Ktessera: warning: c\\u{1B}[2Jd\n"), "\(capture.messages)")
    }
}
