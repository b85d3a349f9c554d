import Foundation
import Testing

@testable import Files

@Suite struct InputListTests {
    private let folder = Scratch()

    init() throws {
        for name in ["b.png", "a.JPG", "notes.txt", ".hidden.png", "sub/c.png", "x[1].png"] {
            try FileManager.default.createDirectory(
                atPath: (folder.file(name) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        }
    }

    private func names(_ arguments: [String], deep: Bool = false, texts: Bool = false) throws -> [String] {
        let list = try InputList(
            arguments.map { $0.hasPrefix("=") ? String($0.dropFirst()) : folder.file($0) }, suffixes: ["png", "jpg"],
            entersSubfolders: deep, takesTexts: texts)
        return list.files.map { $0.replacingOccurrences(of: folder.path + "/", with: "") }
    }

    @Test func foldersPatternsAndFilesInTheOrderGiven() throws {
        #expect(try names(["notes.txt", "."]) == ["notes.txt", "./a.JPG", "./b.png", "./x[1].png"])
        #expect(try names(["*.png", "sub/"]) == ["b.png", "x[1].png", "sub/c.png"])
        let all = try InputList([folder.file("*")], suffixes: ["png", "jpg"])
        #expect(all.files == ["a.JPG", "b.png", "x[1].png"].map(folder.file))
        #expect(all.leftOut == ["\(folder.file("*")): left out 1 file of another kind, 1 subfolder"])
        #expect(try names(["*.txt"]) == ["notes.txt"])
        #expect(try names(["."], deep: true).contains("./sub/c.png"))
        let list = try InputList([folder.path], suffixes: ["png", "jpg"])
        #expect(list.leftOut == ["\(folder.path): left out 1 hidden file, 1 file of another kind, 1 subfolder"])
    }

    /// A name that is there is no pattern, and a text is none either.
    @Test func signsOfPatternsInNames() throws {
        #expect(try names(["x[1].png"]) == ["x[1].png"])
        #expect(try names(["=a red cube?"], texts: true) == ["a red cube?"])
        let error = #expect(throws: OutputError.self) { try names(["*.gif"]) }
        #expect(error?.problem == "no file matches this pattern" && error?.cause == .missing)
        let folders = #expect(throws: OutputError.self) { try names(["s?b"], texts: true) }
        #expect(folders?.problem == "no file matches this pattern; left out: 1 subfolder")
    }

    @Test func namesThatAreNoTextAreCounted() throws {
        try FileManager.default.createDirectory(atPath: folder.file("odd"), withIntermediateDirectories: true)
        let bytes = Array((folder.path + "/odd/").utf8) + [0xE9] + Array(".png".utf8)
        let descriptor = (bytes.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { name in
            name.baseAddress.map { open($0, O_CREAT | O_WRONLY, 0o666) } ?? -1
        }
        close(descriptor)
        let error = #expect(throws: OutputError.self) { try names(["odd/*.png"]) }
        #expect(error?.problem == "no file matches this pattern; left out: 1 unreadable file")
        try OutputFile.write("x", to: folder.file("odd/a.png"))
        let list = try InputList([folder.file("odd/*.png")], suffixes: ["png"])
        #expect(list.leftOut == ["\(folder.file("odd/*.png")): left out 1 unreadable file"])
    }

    @Test func foldersWithoutSuchFilesAreErrors() throws {
        try FileManager.default.createDirectory(atPath: folder.file("empty"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file("empty/a.txt")))
        let error = #expect(throws: OutputError.self) { try names(["empty"]) }
        #expect(
            error?.description.hasSuffix("empty: the folder holds no .png, .jpg file; left out: 1 file of another kind; name another")
                == true)
    }
}
