import Formats
import FourMSettings
import IR

/// JSON and text files of samples, packed with gzip or not.
enum SampleJSON {
    /// The bytes of a file, unpacked.
    /// - Throws: ``FourMError`` naming a file that is damaged or too large.
    static func bytes(_ file: SampleFile) throws -> [UInt8] {
        guard file.bytes.count <= SampleProblem.largestFile else {
            throw FourMError("\(file.name) has \(file.bytes.count) bytes; at most \(SampleProblem.largestFile) are read")
        }
        guard file.suffix.hasSuffix("gz") else { return file.bytes.withBytes { Array($0) } }
        do {
            return try file.bytes.withBytes { try StreamCompression.expand($0, limit: SampleProblem.largestFile) }
        } catch StreamCompression.Failure.tooLarge {
            throw FourMError("\(file.name) unpacks to more than \(SampleProblem.largestFile) bytes")
        } catch {
            throw FourMError("\(file.name) is damaged, or not packed with gzip")
        }
    }

    static func value(_ file: SampleFile) throws -> ConfigValue { try ConfigValue(json: bytes(file), file: file.name) }

    static func text(_ file: SampleFile) throws -> String {
        guard let text = String(validating: try bytes(file), as: UTF8.self) else { throw FourMError("\(file.name) is no UTF-8") }
        return text
    }
}

extension ConfigValue {
    /// All numbers of nested lists, in order; nil if there is anything else, or a number that is not finite.
    var allNumbers: [Double]? {
        if let double { return double.isFinite ? [double] : nil }
        guard let array else { return nil }
        var all: [Double] = []
        for item in array {
            guard let inner = item.allNumbers else { return nil }
            all += inner
        }
        return all
    }

    /// `count` numbers at `key`, or at place `index` of the list there.
    func numbers(_ key: String, at index: Int? = nil, count: Int, _ owner: String) throws -> [Double] {
        var value = self[key]
        if let index { value = value?.array.flatMap { $0.indices.contains(index) ? $0[index] : nil } }
        guard let numbers = value?.allNumbers, numbers.count == count else {
            throw FourMError("\(owner): '\(key)' must be \(count) numbers" + (index == nil ? "" : " for each person"))
        }
        return numbers
    }
}
