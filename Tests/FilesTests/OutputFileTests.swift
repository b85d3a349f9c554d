import Foundation
import Testing

@testable import Files

@Suite struct OutputFileTests {
    private let folder = Scratch()

    private func text(_ name: String) -> String? { try? String(contentsOfFile: folder.file(name), encoding: .utf8) }

    private func status(_ name: String) -> stat {
        var found = stat()
        lstat(folder.file(name), &found)
        return found
    }

    @Test func filesAppearWhole() throws {
        try OutputFile.write("old", to: folder.file("a.txt"))
        let stopped = #expect(throws: OutputError.self) {
            try OutputFile.write(to: folder.file("a.txt")) { (file) throws(OutputError) in
                try file.append(Array("half".utf8))
                throw OutputError("a", "stopped")
            }
        }
        #expect(stopped?.problem == "stopped" && text("a.txt") == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.txt"])
        let missing = #expect(throws: OutputError.self) { try OutputFile.write("x", to: folder.file("missing/a.txt")) }
        #expect(
            missing?.description == "\(folder.file("missing/a.txt")): cannot be written: folder \(folder.file("missing")) does not exist")
        #expect(throws: OutputError.self) { try OutputFile.write("x", to: folder.path) }
        #expect(throws: OutputError.self) { try OutputFile.write("x", to: "") }
        #expect(throws: OutputError.self) { try OutputFile.write("x", to: "a\0b") }
    }

    @Test func modesAreKept() throws {
        for mode: mode_t in [0o600, 0o755, 0o640] {
            try OutputFile.write("old", to: folder.file("m"))
            chmod(folder.file("m"), mode)
            try OutputFile.write("new", to: folder.file("m"))
            #expect(text("m") == "new" && status("m").st_mode & 0o777 == mode)
        }
    }

    @Test func linksKeepPointing() throws {
        try OutputFile.write("old", to: folder.file("target"))
        symlink("target", folder.file("link"))
        symlink("link", folder.file("chain"))
        try OutputFile.write("new", to: folder.file("chain"))
        #expect(text("target") == "new")
        #expect(status("link").st_mode & S_IFMT == S_IFLNK && status("chain").st_mode & S_IFMT == S_IFLNK)
        symlink("later", folder.file("dangling"))
        try OutputFile.write("born", to: folder.file("dangling"))
        #expect(text("later") == "born" && status("dangling").st_mode & S_IFMT == S_IFLNK)
        symlink("round", folder.file("round"))
        #expect(throws: OutputError.self) { try OutputFile.write("x", to: folder.file("round")) }
    }

    @Test func devicesAndPipesAreWrittenThrough() throws {
        try OutputFile.write("x", to: "/dev/null")
        var device = stat()
        #expect(stat("/dev/null", &device) == 0 && device.st_mode & S_IFMT == S_IFCHR)
        let full = #expect(throws: OutputError.self) { try OutputFile.write("x", to: "/dev/full") }
        #expect(full?.problem.contains("No space left on device") == true)
        #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
        let reader = open(folder.file("fifo"), O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        try OutputFile.write("through", to: folder.file("fifo"))
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(reader, &bytes, 16) == 7 && String(decoding: bytes[..<7], as: UTF8.self) == "through")
        #expect(status("fifo").st_mode & S_IFMT == S_IFIFO)
    }

    /// As `docker run --read-only -v $PWD/result.json:/out/result.json` has it.
    @Test func filesThatAreMountsAreWrittenThrough() throws {
        let name = folder.file("mounted")
        try OutputFile.write("a long text of before", to: name)
        try OutputFile.write("other", to: folder.file("source"))
        let isMounted = mount(folder.file("source"), name, nil, 4096, nil) == 0
        // Only root may mount.
        guard isMounted else { return }
        defer { umount2(name, 2) }
        try OutputFile.write("new", to: name)
        #expect(text("mounted") == "new" && text("source") == "new")
        // The folder of a container that may not be written to.
        guard mount(folder.path, folder.path, nil, 4096 | 16384, nil) == 0 else { return }
        defer { umount2(folder.path, 2) }
        guard mount(nil, folder.path, nil, 4096 | 32 | 1, nil) == 0 else { return }
        try OutputFile.write("newer", to: name)
        #expect(text("mounted") == "newer" && text("source") == "newer")
        #expect(throws: OutputError.self) { try OutputFile.write("x", to: folder.file("source")) }
        umount2(folder.path, 2)
        #expect(try !OutputFile.write(to: name, isNew: true) { _ in })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["mounted", "source"])
    }

    @Test func withdrawnOutputsAreFilesAlone() throws {
        for name in ["file", "target"] { try OutputFile.write("x", to: folder.file(name)) }
        try FileManager.default.createDirectory(atPath: folder.file("photos/deep"), withIntermediateDirectories: true)
        symlink("target", folder.file("link"))
        symlink("nowhere", folder.file("loose"))
        for name in ["file", "link", "loose", "photos", "missing"] { try OutputFile.withdraw(folder.file(name)) }
        let rest = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        #expect(rest == ["link", "loose", "photos", "photos/deep", "target"] && text("target") == "")
    }

    @Test func openDescriptorsAreUsedAsTheyAre() throws {
        let descriptor = open(folder.file("log"), O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        #expect(write(descriptor, "before ", 7) == 7)
        try OutputFile.write("after", to: "/dev/fd/\(descriptor)")
        #expect(text("log") == "before after")
    }

    /// What is said before the work is what writing would say, and nothing is opened, made or changed.
    @Test func placesAreCheckedWithoutWriting() throws {
        try OutputFile.check(folder.file("new"))
        try OutputFile.check("-")
        try OutputFile.check("/dev/stdout")
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        try OutputFile.check(folder.file("pipe"))
        symlink("target/deep", folder.file("loose"))
        for (path, words) in [
            (folder.file("none/a"), "none does not exist"), (folder.path, "is a folder; name a file"),
            (folder.file("new/"), "is a folder; name a file"), ("", "is not a path"), (folder.file("pipe/a"), "Not a directory"),
            (folder.file("loose"), "target does not exist"), ("/dev/fd/999", "Bad file descriptor"),
        ] {
            let error = #expect(throws: OutputError.self, "\(path)") { try OutputFile.check(path) }
            #expect(error?.problem.contains(words) == true, "\(error?.problem ?? "")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["loose", "pipe"])
    }

    @Test func foldersAreCheckedWithoutMakingThem() throws {
        try OutputFile.write("x", to: folder.file("file"))
        try FileManager.default.createDirectory(atPath: folder.file("old.png"), withIntermediateDirectories: true)
        for good in [folder.path, folder.file("a/b/c"), folder.file("a/"), folder.file("old.png"), folder.file("v1.2"), "."] {
            try OutputFolder.check(good)
        }
        for (path, words) in [
            (folder.file("file"), "is a file; name a folder"), (folder.file("file/a"), "file is a file; name a folder"),
            (folder.file("a/photo.PNG"), "ends as a file does"), ("", "is not a path"), ("-", "is standard output"),
        ] {
            let error = #expect(throws: OutputError.self, "\(path)") { try OutputFolder.check(path) }
            #expect(error?.problem.contains(words) == true && error?.cause == .request, "\(error?.problem ?? "")")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "old.png"])
    }

    @Test func longNamesAndNewFiles() throws {
        let name = String(repeating: "n", count: 255)
        try OutputFile.write("x", to: folder.file(name))
        #expect(text(name) == "x")
        func new(_ text: String) throws -> Bool {
            try OutputFile.write(to: folder.file("new"), isNew: true) { (file) throws(OutputError) in try file.append(Array(text.utf8)) }
        }
        #expect(try new("first") && !new("second") && text("new") == "first")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
    }
}

@Suite struct FolderListingTests {
    @Test func whatIsLeftOutIsCounted() throws {
        let folder = Scratch()
        for name in ["b.PNG", "a.png", ".hidden.png", "notes.txt", "sub/c.png", "sub/.x/d.png"] {
            try FileManager.default.createDirectory(
                atPath: (folder.file(name) as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: folder.file(name)))
        }
        symlink("nowhere.png", folder.file("dangling.png"))
        let strange = Array(folder.path.utf8CString.dropLast()) + [0x2F, CChar(bitPattern: 0xFF), 0x2E, 0x70, 0x6E, 0x67, 0]
        let descriptor = open(strange, O_WRONLY | O_CREAT, 0o600)
        close(descriptor)
        let flat = try FolderListing(folder.path, suffixes: ["png"])
        #expect(flat.files == ["a.png", "b.PNG"])
        #expect(flat.counts.hidden == 1 && flat.counts.others == 1 && flat.folders == ["sub"] && flat.lost.count == 2)
        #expect(flat.leftOut == "1 hidden file, 1 file of another kind, 1 subfolder, 2 unreadable files")
        let deep = try FolderListing(folder.path, suffixes: ["png"], entersSubfolders: true)
        #expect(deep.files == ["a.png", "b.PNG", "sub/c.png"] && deep.counts.hidden == 2 && deep.folders.isEmpty)
        #expect(throws: OutputError.self) { try FolderListing("/nowhere", suffixes: []) }
    }
}

@Suite struct FileKindTests {
    @Test(arguments: [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1", FileKind.gitLFSPointer), ("<!DOCTYPE html><html>", .html),
        ("\n<html lang=en>", .html), ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code>", .xml), ("GIF89a", .gif),
        ("RIFF\u{1}\u{1}\u{1}\u{1}WEBPVP8 ", .webP), ("GGUF\u{3}\0\0\0", .gguf), ("", .empty), ("\0\0\0\0\0\0\0\0\0\0\0\0", .zeros),
        ("PK\u{3}\u{4}\u{14}\0 word/document.xml", .zip), ("PK\u{3}\u{4}\u{14}\0 archive/data.pkl", .torchZip),
        ("\u{8}\u{8}\u{12}\u{7}pytorch", .onnx), ("{\"a\": 1}", .json), ("\u{10}\0\0\0\0\0\0\0{\"__metadata__\":{}}", .safetensors),
        ("\0\0\0\u{20}ftypavif", .avif), ("\0\0\0\u{20}ftypheic", .heic),
        ("\0\0\0\u{c}jP  \r\n", .jpeg2000), ("\0\0\0\u{c}JXL \r\n", .jpegXL), ("%PDF-1.7\n", .pdf), ("%!PS-Adobe-3.0", .postScript),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", .svg), ("<?xml version='1.0'?>\n<!-- a --><svg/>", .svg), ("8BPS\0\u{1}", .photoshop),
        ("gimp xcf v011", .gimp), ("II*\0\u{10}\0\0\0CR\u{2}\0", .cameraRaw), ("\0\0\0\u{18}ftypcrx ", .cameraRaw),
        ("FUJIFILMCCD-RAW 0201", .cameraRaw), ("II*\0\u{8}\0\0\0", .tiff), ("P6\n2 2\n255\n", .netpbm), ("#?RADIANCE\n", .radiance),
        ("\0\0\u{1}\0\u{2}\0\u{10}\u{10}\0\0\u{1}\0", .icon), ("\0\0\0\u{20}ftypisom", .video),
        ("RIFF\u{1}\u{1}\u{1}\u{1}AVI LIST", .video),
        ("qoif\0\0", .qoi), ("DDS |", .dds), ("\0\u{5}\u{16}\u{7}\0\u{2}", .appleDouble),
    ]) func kindsAreToldByTheirFirstBytes(text: String, kind: FileKind) {
        #expect(FileKind(Array(text.utf8)) == kind)
    }

    @Test func binaryKindsAndStrangers() {
        #expect(FileKind([0x1F, 0x8B, 8, 0]) == .gzip && FileKind([0x80, 2, 0x7D]) == .pickle)
        #expect(FileKind([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]) == .png && FileKind([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
        #expect(FileKind([0xFF, 0x0A, 0]) == .jpegXL && FileKind([0xFF, 0x4F, 0xFF, 0x51]) == .jpeg2000)
        #expect(FileKind([0x76, 0x2F, 0x31, 1]) == .openEXR && FileKind([0x1A, 0x45, 0xDF, 0xA3]) == .video)
        #expect(FileKind([0x93] + Array("NUMPY\u{1}\0".utf8)) == .numpy)
        var tar = [UInt8](repeating: 0, count: 512)
        tar[0] = 0x61
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        #expect(FileKind(tar) == .tar)
        #expect(FileKind(Array("just some words".utf8)) == nil && FileKind([0xCA, 0xFE, 0xBA, 0xBE]) == nil)
        #expect(FileKind.allCases.allSatisfy { !$0.title.isEmpty && $0.remedy?.isEmpty != true })
    }
}

@Suite struct OutputGroupTests {
    private let folder = Scratch()

    private func make(_ group: OutputGroup) throws {
        group.willMake(folder.file("new/deep"))
        try FileManager.default.createDirectory(atPath: folder.file("new/deep"), withIntermediateDirectories: true)
        for name in ["new/deep/a", "old"] {
            group.willMake(folder.file(name))
            try OutputFile.write("x", to: folder.file(name))
        }
    }

    @Test func whatWasMadeGoesAndNothingElse() throws {
        try OutputFile.write("mine", to: folder.file("old"))
        let group = OutputGroup()
        try make(group)
        group.discard()
        #expect(!group.isOpen)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old"])
    }

    @Test func foldersWithOtherFilesStay() throws {
        let group = OutputGroup()
        try make(group)
        try OutputFile.write("y", to: folder.file("new/note"))
        group.discard()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["new"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("new")) == ["note"])
    }

    /// The link is the user's; what it led to was not there.
    @Test func linksStayAndWhatTheyLeadToGoes() throws {
        try FileManager.default.createDirectory(atPath: folder.file("big"), withIntermediateDirectories: true)
        symlink("big/model", folder.file("model"))
        let group = OutputGroup()
        group.willMake(folder.file("model"))
        try OutputFile.write("x", to: folder.file("model"))
        #expect(access(folder.file("big/model"), F_OK) == 0)
        group.discard()
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("model")) == "big/model")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("big")).isEmpty)
    }

    @Test func whatIsCompleteStays() throws {
        let group = OutputGroup()
        try make(group)
        #expect(group.isOpen)
        group.complete()
        #expect(!group.isOpen)
        #expect(access(folder.file("new/deep/a"), F_OK) == 0 && access(folder.file("old"), F_OK) == 0)
    }
}
