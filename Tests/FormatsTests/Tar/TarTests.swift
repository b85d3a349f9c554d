import Foundation
import IR
import TestSupport
import Testing

@testable import Formats

@Suite struct TarTests {
    /// A header with a right checksum, unless `break` spoils a byte afterwards.
    private func header(
        _ name: String, size: [UInt8], type: Character = "0", target: String = "", magic: String = "ustar\u{0}00",
        breaking index: Int? = nil
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: some Sequence<UInt8>, _ offset: Int) { for (index, byte) in bytes.enumerated() { block[offset + index] = byte } }
        put(name.utf8, 0)
        put(size, 124)
        put("        ".utf8, 148)
        put(String(type).utf8, 156)
        put(target.utf8, 157)
        put(magic.utf8, 257)
        put(String(block.reduce(0) { $0 + Int($1) }, radix: 8).utf8, 148)
        if let index { block[index] ^= 1 }
        return block
    }

    private func octal(_ size: Int) -> [UInt8] { Array(String(size, radix: 8).utf8) }

    /// Old archives state the size of a hard link's target, which is not there.
    @Test func linksHaveNoContent() throws {
        let bytes = header("link", size: octal(700), type: "1") + header("b", size: octal(3)) + padded([1, 2, 3]) + end
        let archive = try TarArchive(ByteSlice(copying: bytes), path: "f")
        #expect(archive.entries.map(\.name) == ["b"] && archive.entries.first?.content.count == 3)
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] { bytes + [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512) }

    private let end = [UInt8](repeating: 0, count: 1024)

    private func read(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        let archive = try TarArchive(ByteSlice(copying: bytes), path: "t.tar")
        return Dictionary(archive.entries.map { ($0.name, Array($0.content.buffer)) }) { first, _ in first }
    }

    private static let names = [
        "000.png", "./a/b.npy", String(repeating: "n", count: 100), String(repeating: "n", count: 101) + ".npy",
        String(repeating: "folder/", count: 20) + "x.npy", "Bäume/日本.npy", String(repeating: "日", count: 300) + ".npy",
    ]

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let entries = Self.names.enumerated().map { TarWriter.Entry(name: $1, bytes: [UInt8](repeating: UInt8($0), count: $0 * 511)) }
        try TarWriter.write(entries, to: folder.file("a.tar"))
        let archive = try TarArchive(path: folder.file("a.tar"))
        #expect(archive.entries.map(\.name) == Self.names)
        for (entry, written) in zip(archive.entries, entries) { #expect(entry.content.elementsEqual(written.content)) }
        try TarWriter.write([], to: folder.file("empty.tar"))
        #expect(try TarArchive(path: folder.file("empty.tar")).entries.isEmpty)
    }

    @Test func anArchiveThatIsThereIsLeft() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.tar")
        #expect(try TarWriter.writeNew([TarWriter.Entry(name: "a", bytes: [1])], to: path))
        #expect(try !TarWriter.writeNew([TarWriter.Entry(name: "b", bytes: [2])], to: path))
        #expect(try TarArchive(path: path).entries.map(\.name) == ["a"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.tar"])
    }

    @Test func gnuLongNamesAndPaxRecordsReplaceTheHeader() throws {
        let long = String(repeating: "l", count: 300)
        let gnu = header("././@LongLink", size: octal(301), type: "L", magic: "ustar  \u{0}") + padded(Array(long.utf8) + [0])
        let records = PaxRecords.encode("path", Array("pax.txt".utf8)) + PaxRecords.encode("size", Array("3".utf8))
        let pax = header("x", size: octal(records.count), type: "x") + padded(records)
        let bytes = gnu + header("short", size: octal(2)) + padded([1, 2]) + pax + header("other", size: octal(0)) + padded([7, 8, 9])
        #expect(try read(bytes + end) == [long: [1, 2], "pax.txt": [7, 8, 9]])
    }

    /// As unpacking would have it.
    @Test func linksAreTheFilesTheyLeadTo() throws {
        func link(_ name: String, _ target: String, _ type: Character = "2") -> [UInt8] {
            header(name, size: octal(0), type: type, target: target)
        }
        let long = "d/" + String(repeating: "l", count: 120)
        let gnu = header("././@LongLink", size: octal(123), type: "K", magic: "ustar  \u{0}") + padded(Array(long.utf8) + [0])
        let records = PaxRecords.encode("linkpath", Array("./d/a".utf8))
        let pax = header("x", size: octal(records.count), type: "x") + padded(records)
        let name = header("././@LongLink", size: octal(123), type: "L", magic: "ustar  \u{0}") + padded(Array(long.utf8) + [0])
        let bytes =
            link("before", "last") + header("d/a", size: octal(1)) + padded([7]) + link("hard", "d/a", "1") + link("d/soft", "a")
            + link("e/up", "../d/./soft") + name + header("x", size: octal(2)) + padded([1, 2]) + gnu + link("of-long", "short", "1") + pax
            + link("of-pax", "short", "1") + header("last", size: octal(1)) + padded([9]) + link("nowhere", "d/b") + link("out", "../d/a")
            + link("absolute", "/d/a") + link("self", "self") + link("late", "d/z", "1") + header("pipe", size: octal(0), type: "6") + end
        let archive = try TarArchive(ByteSlice(copying: bytes), path: "t.tar")
        let expected: [(String, [UInt8])] = [
            ("before", [9]), ("d/a", [7]), ("hard", [7]), ("d/soft", [7]), ("e/up", [7]), (long, [1, 2]), ("of-long", [1, 2]),
            ("of-pax", [7]), ("last", [9]),
        ]
        #expect(archive.entries.map(\.name) == expected.map(\.0))
        #expect(archive.entries.map { Array($0.content.buffer) } == expected.map(\.1))
        #expect(archive.passedOver.map(\.name) == ["pipe", "nowhere", "out", "absolute", "self", "late"])
        #expect(archive.passedOver.allSatisfy { $0.reason.contains($0.name == "pipe" ? "pipe" : "is a link to") })
    }

    /// One name from another system does not cost the rest of the shard.
    @Test(arguments: ["../a", "../\u{301}a", "/etc/a", "a\nb", "a\u{9B}31m", "a\u{2028}b", ""])
    func namesThatLeadOutArePassedOver(name: String) throws {
        let bytes = header(name, size: octal(1)) + padded([1]) + header("b", size: octal(1)) + padded([2]) + end
        let archive = try TarArchive(ByteSlice(copying: bytes), path: "t.tar")
        #expect(archive.entries.map(\.name) == ["b"] && archive.passedOver.count == 1)
        #expect(!archive.passedOver[0].name.unicodeScalars.contains { $0 == "\n" || $0 == "\u{9B}" || $0 == "\u{2028}" })
    }

    @Test func namesInLatin1ArePassedOver() throws {
        var block = header("a.png", size: octal(1))
        (block[0], block[148..<156]) = (0xE9, ArraySlice("        ".utf8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        for (index, digit) in (Array(sum.utf8) + [0]).enumerated() { block[148 + index] = digit }
        let archive = try TarArchive(ByteSlice(copying: block + padded([1]) + end), path: "t.tar")
        #expect(archive.entries.isEmpty && archive.passedOver.map(\.name) == ["\u{FFFD}.png"])
    }

    @Test(arguments: [
        ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer", "git lfs pull"),
        ("<!DOCTYPE html><html></html>", "an HTML page", "get the file anew"), ("BZh91AY&SY", "bzip2-compressed", "unpack it first"),
        ("\u{89}PNG", nil, nil),
    ])
    func strangersAreNamed(text: String, what: String?, remedy: String?) throws {
        for filler in [0, 600] {
            let bytes = Array(text.utf8) + [UInt8](repeating: 65, count: filler)
            let error = #expect(throws: CheckpointError.self) { try read(bytes) }
            guard let what, let remedy, let error else { continue }
            #expect(error.kind == .unsupported && error.description.contains("is \(what)") && error.description.contains(remedy))
        }
    }

    @Test func foldersLinksAndGlobalRecordsArePassedOver() throws {
        let global = PaxRecords.encode("comment", Array("x".utf8))
        let bytes =
            header("g", size: octal(global.count), type: "g") + padded(global) + header("folder/", size: octal(0), type: "5")
            + header("link", size: octal(0), type: "2") + header("a", size: octal(1)) + padded([5])
        #expect(try read(bytes + end) == ["a": [5]])
    }

    @Test func sizesInBase256() throws {
        let size: [UInt8] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]
        #expect(try read(header("a", size: size) + padded([5, 6]) + end) == ["a": [5, 6]])
    }

    private struct Malformed: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let kind: CheckpointError.Kind
    }

    @Test func malformedArchivesAreRefused() throws {
        let file = header("a", size: octal(2)) + padded([5, 6])
        let huge: [UInt8] = [0x80] + [UInt8](repeating: 0xFF, count: 11)
        let nearlyHuge: [UInt8] = [0x80, 0, 0, 0, 0x7F] + [UInt8](repeating: 0xFF, count: 7)
        let records = Array("30 path=a\n".utf8)
        let sparse = PaxRecords.encode("GNU.sparse.major", Array("1".utf8))
        let cases = [
            Malformed(testDescription: "short", bytes: [1, 2, 3], kind: .truncated),
            Malformed(testDescription: "no end", bytes: file, kind: .truncated),
            Malformed(testDescription: "cut in a header", bytes: Array(file.prefix(300)), kind: .truncated),
            Malformed(testDescription: "cut in content", bytes: Array(header("a", size: octal(600)) + padded([1])), kind: .truncated),
            Malformed(
                testDescription: "checksum", bytes: header("a", size: octal(2), breaking: 3) + padded([5, 6]) + end, kind: .malformed),
            Malformed(testDescription: "text", bytes: [UInt8](repeating: 65, count: 2048), kind: .malformed),
            Malformed(testDescription: "size too large", bytes: header("a", size: huge) + end, kind: .malformed),
            Malformed(testDescription: "size beyond the file", bytes: header("a", size: nearlyHuge) + end, kind: .truncated),
            Malformed(testDescription: "negative", bytes: header("a", size: [UInt8](repeating: 0xFF, count: 12)) + end, kind: .malformed),
            Malformed(testDescription: "digits", bytes: header("a", size: Array("19".utf8)) + end, kind: .malformed),
            Malformed(
                testDescription: "pax length", bytes: header("x", size: octal(10), type: "x") + padded(records) + end, kind: .malformed),
            Malformed(
                testDescription: "sparse", bytes: header("x", size: octal(sparse.count), type: "x") + padded(sparse) + file + end,
                kind: .unsupported),
            Malformed(testDescription: "old sparse", bytes: header("a", size: octal(0), type: "S") + end, kind: .unsupported),
            Malformed(testDescription: "gzip", bytes: [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0, count: 600), kind: .unsupported),
            Malformed(testDescription: "joined", bytes: file + end + file + end, kind: .inconsistent),
        ]
        for malformed in cases {
            let error = #expect(throws: CheckpointError.self, "\(malformed.testDescription)") { try read(malformed.bytes) }
            #expect(error?.kind == malformed.kind, "\(malformed.testDescription): \(error.map { "\($0)" } ?? "")")
            #expect(error?.file == "t.tar")
        }
        let folder = try TemporaryFolder()
        FileManager.default.createFile(atPath: folder.file("empty.tar"), contents: Data())
        #expect(throws: CheckpointError.self) { try TarArchive(path: folder.file("empty.tar")) }
        #expect(throws: CheckpointError.self) { try TarWriter.write([TarWriter.Entry(name: "../a", bytes: [])], to: folder.file("a.tar")) }
    }

    /// Reading a damaged archive throws or gives slices inside it, whatever byte is wrong.
    @Test func damageNeverReachesOutside() throws {
        let folder = try TemporaryFolder()
        try TarWriter.write(Self.names.prefix(4).map { TarWriter.Entry(name: $0, bytes: [1, 2, 3]) }, to: folder.file("a.tar"))
        let whole = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("a.tar"))))
        var random = SeededRandom(seed: 4)
        var refused = 0
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes = Array(bytes.prefix(Int.random(in: 1...bytes.count, using: &random))) }
            do { for content in try read(bytes).values { #expect(content.count <= whole.count) } } catch is CheckpointError { refused += 1 }
        }
        #expect(refused > 100)
    }
}
