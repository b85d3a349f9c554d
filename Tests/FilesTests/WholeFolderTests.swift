import Foundation
import Testing

@testable import Files

/// Folders that are there as a whole or not at all.
@Suite struct WholeFolderTests {
    private struct Stop: Error {}

    private func content(_ path: String) -> [String: String] {
        OutputFolder.names(in: path).reduce(into: [:]) { $0[$1] = try? InputFile.text(FilePath.join(path, $1)) }
    }

    @Test func aFolderAppearsWhenItIsComplete() throws {
        let scratch = Scratch()
        let path = scratch.file("a")
        try OutputFolder.writeWhole(path) { temporary in
            #expect(!FilePath.exists(path) && FilePath.folder(of: temporary) == scratch.path)
            try OutputFile.write("1", to: FilePath.join(temporary, "x"))
        }
        #expect(content(path) == ["x": "1"] && OutputFolder.names(in: scratch.path) == ["a"])
    }

    @Test func aFolderThatIsThereIsReplaced() throws {
        let scratch = Scratch()
        let path = scratch.file("a")
        for text in ["1", "2", "3"] {
            try OutputFolder.writeWhole(path) { temporary in
                try OutputFile.write(text, to: FilePath.join(temporary, "x" + text))
            }
        }
        #expect(content(path) == ["x3": "3"] && OutputFolder.names(in: scratch.path) == ["a"])
    }

    @Test func whatFailsLeavesNothing() throws {
        let scratch = Scratch()
        let path = scratch.file("a")
        try OutputFolder.writeWhole(path) { try OutputFile.write("1", to: FilePath.join($0, "x")) }
        #expect(throws: Stop.self) {
            try OutputFolder.writeWhole(path) { temporary in
                try OutputFile.write("2", to: FilePath.join(temporary, "x"))
                throw Stop()
            }
        }
        #expect(content(path) == ["x": "1"] && OutputFolder.names(in: scratch.path) == ["a"])
        let error = #expect(throws: OutputError.self) { try OutputFolder.writeWhole(scratch.file("no/a")) { _ in } }
        #expect(error?.cause == .missing)
    }

    @Test func whatIsAbandonedGoesAndLinksStay() throws {
        let scratch = Scratch()
        try OutputFile.write("kept", to: scratch.file("kept"))
        let left = scratch.file(".tessera-99999999-0f.part")
        #expect(mkdir(left, 0o777) == 0 && mkdir(left + "/in", 0o777) == 0)
        #expect(symlink(scratch.file("kept"), left + "/in/link") == 0 && symlink(scratch.path, left + "/loop") == 0)
        OutputFolder.removeAbandoned(in: scratch.path)
        #expect(OutputFolder.names(in: scratch.path) == ["kept"] && content(scratch.path) == ["kept": "kept"])
        try OutputFolder.withdraw(scratch.file("nothing"))
        try OutputFolder.withdraw(scratch.file("kept"))
        #expect(OutputFolder.names(in: scratch.path).isEmpty)
    }
}
