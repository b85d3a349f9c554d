import Formats
import Foundation

/// Collects the differences between a golden data file and our results.
struct ConformanceFile {
    let root: ConfigValue
    private(set) var failures: [String] = []

    /// A file that cannot be parsed is a failure with no contents.
    init(_ json: Data) {
        do throws(CheckpointError) {
            root = try ConfigValue(json: json, file: "the data file")
        } catch {
            root = .null
            failures = [error.description]
        }
    }

    /// The entries of the array `key`; one that is missing or empty is a failure.
    mutating func entries(_ key: String) -> [ConfigValue] {
        guard let entries = root[key]?.array, !entries.isEmpty else {
            failures.append("the data file has no entries \"\(key)\"")
            return []
        }
        return entries
    }

    /// Notes a difference, and a missing expectation as well.
    mutating func expect<Value: Equatable>(_ found: Value, _ expected: Value?, _ place: @autoclosure () -> String) {
        if let expected {
            if found != expected { failures.append("\(place()): expected \(expected), found \(found)") }
        } else {
            failures.append("\(place()): the data file holds no expected value")
        }
    }

    /// Notes numbers that differ by more than absolute + relative * |expected|, or in count.
    mutating func expect(
        _ found: [Double], near expected: [Double]?, _ tolerance: Tolerance,
        _ place: @autoclosure () -> String
    ) {
        guard let expected else { return failures.append("\(place()): the data file holds no expected numbers") }
        let near = zip(found, expected).allSatisfy { tolerance.accepts($0, $1) }
        if found.count != expected.count || !near {
            failures.append("\(place()): expected \(expected), found \(found)")
        }
    }

    mutating func fail(_ message: String) { failures.append(message) }
}

extension ConfigValue {
    /// An array of integers, nil when an element is none.
    var ints: [Int]? { elements { $0.int } }
    var bools: [Bool]? { elements { $0.bool } }
    var strings: [String]? { elements { $0.string } }

    /// All numbers of a nested array in order.
    var flatNumbers: [Double]? {
        guard let array else { return double.map { [$0] } }
        let parts = array.compactMap(\.flatNumbers)
        return parts.count == array.count ? parts.flatMap { $0 } : nil
    }

    private func elements<Element>(_ transform: (ConfigValue) -> Element?) -> [Element]? {
        guard let array else { return nil }
        let elements = array.compactMap(transform)
        return elements.count == array.count ? elements : nil
    }
}
