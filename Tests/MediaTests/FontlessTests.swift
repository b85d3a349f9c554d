import Foundation
import Media
import Testing

/// fontconfig reads its settings once in a process, so this test runs in a process of its own.
@Suite struct FontlessTests {
    @Test func withoutAnyFontASCIIIsStillReadable() async {
        await #expect(processExitsWith: .success) {
            let settings = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-fontless-\(UUID().uuidString).conf")
            try Data("<fontconfig><cachedir>/nowhere</cachedir></fontconfig>".utf8).write(to: settings)
            defer { try? FileManager.default.removeItem(at: settings) }
            setenv("FONTCONFIG_FILE", settings.path, 1)
            let pictures = try (33...126).map { code in
                var image = try ByteImage(width: 40, height: 32, channels: 1, filledWith: 255)
                try image.text(String(UnicodeScalar(UInt8(code))), x: 4, y: 4, .black, TextFont(20))
                #expect(image.samples.contains { $0 < 128 }, "character \(code)")
                return image.samples
            }
            #expect(Set(pictures).count > 90)
            #expect(TextFont(13).width("a photo") > TextFont(13).width("photo"))
            let sheet = ContactSheet(title: "Größe", sections: [.init([.init(title: "写", .text("words"))])])
            #expect(try sheet.render() == sheet.render())
        }
    }
}
