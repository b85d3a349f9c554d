import Foundation
import Testing

@testable import Media

/// Small files that Pillow 13 wrote, with a hash of the pixels that it reads from them.
@Suite struct WebPTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let width, height, channels: Int
        /// FNV-1a.
        let hash: UInt64
        let base64: String

        var bytes: [UInt8] { [UInt8](Data(base64Encoded: base64) ?? Data()) }
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "lossy", width: 20, height: 11, channels: 3, hash: 0x830A145E9A388FA0,
            base64: "UklGRlYAAABXRUJQVlA4IEoAAADQAwCdASoUAAsAPm0skkWkIqGYBABABsSxgF2XQAAvz6v3Cn7RMhgA/vqR4jHQuQjqp18v/2pgkjKX/0KNlE"
                + "xP51BqRaFseZAAAA=="),
        Case(
            name: "lossless", width: 20, height: 11, channels: 3, hash: 0x6D6AB2FC32B8F82A,
            base64: "UklGRloAAABXRUJQVlA4TE0AAAAvE4ACAM1lRP8DDNpGcnR1hsrxh7gl/xAGe1ACbdu2YdKOQu54X/7MphKtBETAUhL5c2lTbxBcCnmD4FIow6"
                + "WN+BpkWgmYgKVk8seSAQA="),
        Case(
            name: "alpha", width: 20, height: 11, channels: 4, hash: 0x974AE6AC4105112A,
            base64: "UklGRmIAAABXRUJQVlA4TFUAAAAvE4ACEM1lRP8DDNpGcnR1hsrxh7gl/xAGe1CEtGloKNTRtm0bJu0o5I53F39mcyW0EhAClpKQP5c21xsELo"
                + "W8QeBSKMOlzcLXIKOVgBGwlIz8sWQAAA=="),
        Case(
            name: "lossyAlpha", width: 20, height: 11, channels: 4, hash: 0xE23187016647B341,
            base64: "UklGRooAAABXRUJQVlA4WAoAAAAQAAAAEwAACgAAQUxQSBcAAAABuYzof4BI22ZsaP4tn51GTMAEMEvdAABWUDggTAAAAPADAJ0BKhQACwA+bS"
                + "ySRaQioZgEAEAGxLGAXZdAAC/Pm3cXG6gKuAAA/vqNu7LRK0XBbcyd/ySPVzHQfxW+oGcbkVPi0mTJmiAAAAA="),
        Case(
            name: "turned", width: 20, height: 11, channels: 3, hash: 0x6D6AB2FC32B8F82A,
            base64: "UklGRo4AAABXRUJQVlA4WAoAAAAIAAAAEwAACgAAVlA4TE0AAAAvE4ACAM1lRP8DDNpGcnR1hsrxh7gl/xAGe1ACbdu2YdKOQu54X/7MphKtBE"
                + "TAUhL5c2lTbxBcCnmD4FIow6WN+BpkWgmYgKVk8seSAQBFWElGGgAAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"),
        Case(
            name: "animated", width: 6, height: 4, channels: 4, hash: 0xB8ACF8F4948EEEE5,
            base64: "UklGRooAAABXRUJQVlA4WAoAAAASAAAABQAAAwAAQU5JTQYAAAAAAAAAAABBTk1GKAAAAAAAAAAAAAUAAAMAAGQAAAJWUDhMDwAAAC8FwAAABx"
                + "BFjv4HIqL/AQBBTk1GLgAAAAAAAAAAAAIAAAIAAGQAAAJWUDhMFgAAAC8CgAAQD3At00G+gv3/AAMPexDR/wg="),
    ]

    /// Of the animation the first frame counts.
    @Test(arguments: cases) func pixelsArePillows(file: Case) throws {
        let decoded = try ImageFile.decode(bytes: file.bytes, options: .ignoringOrientation)
        guard case .bytes(let image) = decoded.pixels else { throw MediaError(.format, "no bytes", remedy: "") }
        #expect(image.width == file.width && image.height == file.height && image.channels == file.channels)
        #expect(Fixtures.hash(image.samples) == file.hash)
        #expect(try ImageFile.load(bytes: file.bytes, options: .ignoringOrientation) == image.rgb)
    }

    @Test func orientationIsThatOfEXIF() throws {
        let file = try #require(WebPTests.cases.first { $0.name == "turned" })
        #expect(try ImageFile.decode(bytes: file.bytes, options: .ignoringOrientation).orientation == 6)
        let upright = try ImageFile.decode(bytes: file.bytes)
        #expect(upright.width == file.height && upright.height == file.width)
    }

    @Test(arguments: cases) func cutFilesAreRefused(file: Case) throws {
        for count in 0..<file.bytes.count - 1 {
            #expect(throws: MediaError.self) { try ImageFile.decode(bytes: Array(file.bytes[..<count])) }
        }
    }

    /// A flipped bit may go unseen; the decoder must return either way.
    @Test(arguments: cases) func flippedBitsDoNoHarm(file: Case) throws {
        let bytes = file.bytes
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            if let decoded = try? ImageFile.decode(bytes: damaged) { #expect(decoded.width * decoded.height <= ImageLimits.maxPixels) }
        }
    }
}
