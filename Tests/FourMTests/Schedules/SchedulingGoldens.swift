import Conformance
import Foundation
import TestSupport
import Testing

/// The golden cases beside the package: `../shared/goldens`.
enum SchedulingGoldens {
    static func file(_ path: String) -> URL { SharedData.root.appendingPathComponent("goldens/\(path)") }

    static func json(_ path: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file(path))) as? [String: Any])
    }

    /// Every tensor of a safetensors file, widened to Double.
    static func arrays(_ path: String) throws -> ConformanceArrays {
        let data = [UInt8](try Data(contentsOf: file(path)))
        let headerLength = Int(try #require(integer(data, 0)))
        let header = try #require(
            JSONSerialization.jsonObject(with: Data(data[8..<8 + headerLength])) as? [String: Any])
        var arrays: ConformanceArrays = [:]
        for (name, value) in header where name != "__metadata__" {
            let entry = try #require(value as? [String: Any])
            let offsets = try #require(entry["data_offsets"] as? [Int])
            let bytes = Array(data[(8 + headerLength + offsets[0])..<(8 + headerLength + offsets[1])])
            let dtype = try #require(entry["dtype"] as? String)
            arrays[name] = (try #require(entry["shape"] as? [Int]), try values(bytes, dtype: dtype))
        }
        return arrays
    }

    private static func values(_ bytes: [UInt8], dtype: String) throws -> [Double] {
        switch dtype {
        case "F32":
            return try stride(from: 0, to: bytes.count, by: 4).map { start in
                let bits = try #require(integer(bytes, start, width: 4))
                return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            }
        case "I64":
            return try stride(from: 0, to: bytes.count, by: 8).map {
                Double(Int64(bitPattern: try #require(integer(bytes, $0))))
            }
        default: throw UnknownType(dtype: dtype)
        }
    }

    private static func integer(_ bytes: [UInt8], _ start: Int, width: Int = 8) -> UInt64? {
        guard start + width <= bytes.count else { return nil }
        return bytes[start..<start + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    struct UnknownType: Error { var dtype: String }
}

let needsShared: ConditionTrait = .enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence))
