import NIOCore
import Testing

@testable import InferenceRPC

@Suite struct MessageLimitTests {
    /// Messages of 3, 0, 70,000 and 2 bytes, however they are cut.
    @Test(arguments: [1, 2, 3, 5, 7, 1000, 100_000]) func sizesAreFollowed(piece: Int) {
        var all: [UInt8] = []
        for size in [3, 0, 70_000, 2] {
            let head = withUnsafeBytes(of: UInt32(size).bigEndian) { [UInt8]($0) }
            all += [0] + head + [UInt8](repeating: 0xFF, count: size)
        }
        var found = MessageSizes()
        var told: [Int] = []
        for start in stride(from: 0, to: all.count, by: piece) {
            let largest = found.largest(ByteBuffer(bytes: all[start..<min(start + piece, all.count)]))
            if largest > 0 { told.append(largest) }
        }
        #expect(piece < 3 ? told == [3, 70_000, 2] : told.max() == 70_000 && told.reduce(0, +) <= 70_005)
    }

    @Test func aSizeMayBeAsLargeAsFourBytesSay() {
        var found = MessageSizes()
        #expect(found.largest(ByteBuffer(bytes: [0, 0xFF, 0xFF, 0xFF, 0xFF])) == 0xFFFF_FFFF)
    }
}
