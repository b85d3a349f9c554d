import Files
import Foundation
import Testing

@Suite struct FilePatternTests {
    @Test func patternsMatchFilesInTheOrderOfTheirNames() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-pattern-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/d.png", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["b.png", "a.png", ".h.png", "c.jpg"] { FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: Data()) }
        let name: [UInt8] = Array("\(folder)/".utf8) + [0xFF] + Array(".png".utf8) + [0]
        name.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { path in close(open(path.baseAddress!, O_CREAT | O_WRONLY, 0o600)) }
        }
        let pattern = FilePattern(folder + "/*.png")
        #expect(pattern.files == ["\(folder)/a.png", "\(folder)/b.png"])
        #expect(pattern.leftOut == "1 subfolder, 1 unreadable file")
        #expect(FilePattern(folder + "/x*").files == [])
        #expect(FilePattern.isPattern("a*") && FilePattern.isPattern("a[12]") && !FilePattern.isPattern("photos/a.png"))
    }

    @Test(arguments: [
        ("photos/*_rgb.png", "photos/000_rgb.png", "000"), ("photos/00?_rgb.png", "photos/001_rgb.png", "001"),
        ("photos/00[01]_depth.png", "photos/001_depth.png", "001"), ("photos/img_*.jpg", "photos/img_7.jpg", "7"),
        ("photos/*", "photos/a.b.png", "a.b"), ("*/rgb.png", "scene1/rgb.png", "scene1"), ("p/*.png", "p/000.png", "000"),
    ])
    func whatAPatternLeavesOpenNamesAFile(pattern: String, file: String, expected: String) {
        #expect(FilePattern(pattern).open(of: file) == expected)
    }
}
