import Conformance
import Foundation
import Testing

/// The golden cases beside the package: `../shared/goldens`.
enum SchedulingGoldens {
    /// Folder of the goldens: `shared/goldens` beside an ancestor of this file.
    static let folder: URL? = {
        var ancestor = URL(fileURLWithPath: #filePath)
        while ancestor.path != "/" {
            ancestor.deleteLastPathComponent()
            let candidate = ancestor.appendingPathComponent("shared/goldens")
            if FileManager.default.fileExists(atPath: candidate.appendingPathComponent("index.json").path) {
                return candidate
            }
        }
        return nil
    }()

    static var isPresent: Bool { folder != nil }
    static let missing: Comment = "needs the golden data in ../shared/goldens, which is missing"

    static func json(_ path: String) throws -> [String: Any] {
        let url = try #require(folder).appendingPathComponent(path)
        return try #require(JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    }

    /// Every tensor of a safetensors file, widened to Double.
    static func arrays(_ path: String) throws -> ConformanceArrays {
        let data = [UInt8](try Data(contentsOf: try #require(folder).appendingPathComponent(path)))
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
