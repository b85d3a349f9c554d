import Formats
import FourMSettings
import Names

/// JSON of structures: written with sorted keys, read with messages that name the place.
package enum CodecJSON {
    static func text(_ value: some Encodable) throws -> String {
        try JSONWriter.text(value, isPretty: true)
    }

    /// - Throws: ``FourMError`` naming `source`.
    package static func parse(_ text: String, _ source: String) throws -> ConfigValue {
        do throws(CheckpointError) {
            return try ConfigValue(json: text, file: source)
        } catch {
            throw FourMError("\(source) is no valid JSON: \(error.problem)")
        }
    }

    /// Whether `text` is meant as JSON: it starts with a bracket that opens no special token such as `[S_1]`.
    static func looksLike(_ text: String) -> Bool {
        let trimmed = text.drop { $0.isWhitespace }
        guard let first = trimmed.first, first == "{" || first == "[" else { return false }
        return !["[S_", "[EOS]", "[PAD]", "[SOS]", "[UNK]"].contains { trimmed.hasPrefix($0) }
    }
}

extension ConfigValue {
    /// All numbers of an array, nested ones in order; nil if it holds anything else.
    var numbers: [Double]? {
        if let double { return [double] }
        guard let array else { return nil }
        var all: [Double] = []
        for item in array {
            guard let inner = item.numbers else { return nil }
            all += inner
        }
        return all
    }

    /// `count` numbers at `key`.
    /// - Throws: ``FourMError``.
    func numbers(_ key: String, count: Int, _ owner: String) throws -> [Double] {
        guard let found = self[key]?.numbers, found.count == count, found.allSatisfy({ $0.isFinite }) else {
            throw FourMError("\(owner): '\(key)' must be \(count) number\(count == 1 ? "" : "s")")
        }
        return found
    }

    /// `count` codes of the 1024 that masks and poses have, at `key`.
    /// - Throws: ``FourMError``.
    func codes(_ key: String, count: Int, _ owner: String) throws -> [Int] {
        try numbers(key, count: count, owner).map {
            guard $0 == $0.rounded(), (0..<1024).contains($0) else {
                throw FourMError("\(owner): '\(key)' must be whole numbers from 0 to 1023")
            }
            return Int($0)
        }
    }

    /// - Throws: ``FourMError`` for a key of an object that is none of `known`.
    func check(keys known: [String], _ owner: String) throws {
        guard let stranger = object?.first(where: { !known.contains($0.key) }) else { return }
        throw FourMError("\(owner): there is no key '\(stranger.key.prefix(80))'; \(NearNames.hint(stranger.key, in: known))")
    }

    /// The entries of a list, or of the list at `key` of an object.
    func list(_ key: String, _ owner: String) throws -> [ConfigValue] {
        guard let list = array ?? self[key]?.array else {
            throw FourMError("\(owner): JSON must be a list, or an object with a list '\(key)'")
        }
        return list
    }
}
