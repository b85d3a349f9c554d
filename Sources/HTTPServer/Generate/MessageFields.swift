import Formats
import HTTPTypes

/// Entries of an object of a message by kind. null is as good as a missing key.
struct MessageFields {
    private let entries: ConfigDictionary
    private let place: String
    private let known: [String]

    init(_ entries: ConfigDictionary, _ place: String, knows known: [String]) {
        (self.entries, self.place, self.known) = (entries, place, known)
    }

    /// - Throws: ``AnswerError`` for a key that means nothing.
    func check() throws(AnswerError) {
        if let stranger = entries.keys.first(where: { !known.contains($0) }) {
            throw AnswerError(.badRequest, "\(place): unknown key '\(stranger.prefix(80))'; there are \(known.joined(separator: ", "))")
        }
    }

    private func failure(_ key: String, _ wanted: String) -> AnswerError {
        AnswerError(.badRequest, "\(place): '\(key)' must be \(wanted)")
    }

    private subscript(key: String) -> ConfigValue? { entries[key].flatMap { $0.isNull ? nil : $0 } }

    func text(_ key: String) throws(AnswerError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.string else { throw failure(key, "a text") }
        return text
    }

    func texts(_ key: String) throws(AnswerError) -> [String] {
        let list = try list(key)
        let texts = list.compactMap(\.string)
        guard texts.count == list.count else { throw failure(key, "a list of texts") }
        return texts
    }

    func list(_ key: String) throws(AnswerError) -> [ConfigValue] {
        guard let value = self[key] else { return [] }
        guard let list = value.array else { throw failure(key, "a list") }
        return list
    }

    func dictionary(_ key: String) throws(AnswerError) -> ConfigDictionary {
        guard let value = self[key] else { return ConfigDictionary() }
        guard let entries = value.dictionary else { throw failure(key, "an object") }
        return entries
    }

    func object(_ key: String) throws(AnswerError) -> [(key: String, value: ConfigValue)] { try dictionary(key).entries }

    func flag(_ key: String) throws(AnswerError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let flag = value.bool else { throw failure(key, "true or false") }
        return flag
    }

    func whole(_ key: String, _ range: ClosedRange<Int>) throws(AnswerError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.double.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw failure(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func seed(_ key: String) throws(AnswerError) -> UInt64? {
        guard let value = self[key] else { return nil }
        let seed = value.int.flatMap { UInt64(exactly: $0) } ?? value.double.flatMap { UInt64(exactly: $0) }
        guard let seed else { throw failure(key, "a whole number from 0 to 2^64 - 1") }
        return seed
    }

    func number(_ key: String, _ range: ClosedRange<Double>) throws(AnswerError) -> Double? {
        guard let value = self[key] else { return nil }
        guard let number = value.double, range.contains(number) else {
            throw failure(key, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
