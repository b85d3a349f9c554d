import Foundation
import TestSupport
import Testing

/// The reference data beside the checkout.
enum Shared {
    static func images(_ group: String, _ file: String) -> String {
        SharedData.path("goldens/images/\(group)/\(file)")
    }

    static func json(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

let needsShared: ConditionTrait = .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))

/// Just enough of a safetensors reader for the golden outputs.
struct GoldenTensors {
    struct Entry {
        let dtype: String
        let shape: [Int]
        let bytes: ArraySlice<UInt8>

        var bytesArray: [UInt8] { Array(bytes) }
        var floats: [Float] { words.map { Float(bitPattern: $0) } }
        var ints: [Int] { words.map { Int(Int32(bitPattern: $0)) } }

        private var words: [UInt32] {
            stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { at in
                (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
            }
        }
    }

    let entries: [String: Entry]

    init(path: String) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        try #require(bytes.count > 8)
        let headerSize = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        try #require(headerSize <= bytes.count - 8)
        let header = try #require(
            JSONSerialization.jsonObject(with: Data(bytes[8..<8 + headerSize])) as? [String: [String: Any]])
        entries = try header.filter { $0.key != "__metadata__" }.mapValues { fields in
            let offsets = try #require(fields["data_offsets"] as? [Int])
            let start = 8 + headerSize + offsets[0]
            return Entry(
                dtype: try #require(fields["dtype"] as? String), shape: try #require(fields["shape"] as? [Int]),
                bytes: bytes[start..<8 + headerSize + offsets[1]])
        }
    }

    subscript(name: String) -> Entry {
        get throws { try #require(entries[name], "no golden output \(name)") }
    }
}

/// The number of values with |x - r| > atol + rtol * |r| or not a number; all of them when the counts differ.
func mismatches(_ values: [Float], _ reference: [Float], atol: Double, rtol: Double) -> Int {
    guard values.count == reference.count else { return max(values.count, reference.count) }
    return zip(values, reference).count { !(abs(Double($0) - Double($1)) <= atol + rtol * abs(Double($1))) }
}

/// The number of unequal values; all of them when the counts differ.
func mismatches<T: Equatable>(_ values: [T], _ reference: [T]) -> Int {
    guard values.count == reference.count else { return max(values.count, reference.count) }
    return zip(values, reference).count { $0 != $1 }
}
