import IR
import Testing

@testable import Formats

/// Damaged files open or fail with a typed error; what opens can be read to its last byte.
@Suite struct SafeTensorsFuzzTests {
    @Test(arguments: 0..<4) func mutationsNeverCrash(_ seed: UInt64) throws {
        let valid = SafeTensorsFuzzTests.sample
        let file = try openSafeTensors(valid)
        #expect(file.tensors.count == 3)
        var random = SplitMix(state: seed)
        var opened = 0
        var refused = 0
        for _ in 0..<1500 {
            do throws(CheckpointError) {
                let bytes = ByteSlice(copying: SafeTensorsFuzzTests.mutated(valid, &random))
                let file = try SafeTensorsFile(bytes.owner, path: "fuzz")
                _ = file.tensors.reduce(0.0) { $0 + ($1.tensor?.doubles.reduce(0, +) ?? 0) }
                _ = HeaderText.parse(file.metadata)
                opened += 1
            } catch {
                #expect(!error.description.isEmpty)
                refused += 1
            }
        }
        #expect(opened > 0 && refused > 500)
    }

    @Test func metadataTextNeverCrashes() {
        var random = SplitMix(state: 42)
        let pieces = [
            "[", "]", "{", "}", ": ", ",", "- ", "?", "\n", "  ", "&a ", "*a", "!!int ", "|", ">", "'", "\"",
            "a", "1_0", "0x", "12:3", "1.5", "\\", "%", "---", "<<", "=", "#", "\t", "é", "None",
        ]
        for _ in 0..<4000 {
            let count = Int.random(in: 1...40, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            _ = HeaderText.parse(text).description
        }
    }

    private static let sample = safeTensors(
        #"{"__metadata__":{"dim":"12","list":"[1, 'a', None]"},"#
            + #""a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
            + #""b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"#
            + #""c":{"dtype":"BOOL","shape":[],"data_offsets":[32,33]}}"#, data: (0..<33).map { UInt8($0) })

    /// One to four changes: a byte set, a bit flipped, a piece cut, doubled or moved, the file shortened, a digit or
    /// bracket put somewhere. Most damage goes into the header; its length is repaired half of the time.
    private static func mutated(_ valid: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = valid
        let header = valid.count - 33
        for _ in 0..<Int.random(in: 1...4, using: &random) where bytes.count > 16 {
            let place = Int.random(in: 0..<min(bytes.count, header + 8), using: &random)
            let end = min(place + Int.random(in: 1...12, using: &random), bytes.count)
            switch Int.random(in: 0..<7, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes.removeSubrange(place..<end)
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 4: bytes.removeLast(Int.random(in: 1...16, using: &random))
            case 5: bytes[place] = "0123456789".utf8.randomElement(using: &random) ?? 0
            default: bytes[place] = "[]{},:\"\\-+eE. nNt".utf8.randomElement(using: &random) ?? 0
            }
        }
        if Bool.random(using: &random), bytes.count >= 8 + 33 {
            bytes.replaceSubrange(0..<8, with: UInt64(bytes.count - 8 - 33).littleEndianBytes)
        }
        return bytes
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a small seeded generator.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
