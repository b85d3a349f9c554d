/// Decodes what JSON text says into Swift types, so that texts from outside pass the one reader first. Missing keys and values of other
/// kinds are `DecodingError`s with their path; numbers without a fraction count as integers.
extension ConfigValue {
    /// - Parameter namesNonFinite: whether the texts `nan`, `inf` and `-inf` stand for numbers where one is needed, as ``JSONWriter`` has it.
    /// - Throws: `DecodingError` naming the path of what is missing or of another kind.
    package func decode<T: Decodable>(_ type: T.Type = T.self, namesNonFinite: Bool = false) throws -> T {
        try ConfigDecoder(value: self, codingPath: [], namesNonFinite: namesNonFinite).decode(type)
    }
}

private struct ConfigDecoder: Decoder {
    let value: ConfigValue
    let codingPath: [any CodingKey]
    let namesNonFinite: Bool

    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .dict(let entries) = value else { throw wrong("a dictionary") }
        return KeyedDecodingContainer(KeyedEntries(entries: entries, codingPath: codingPath, namesNonFinite: namesNonFinite))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let items) = value else { throw wrong("a list") }
        return ListedItems(items: items, codingPath: codingPath, namesNonFinite: namesNonFinite)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    fileprivate func wrong(_ expected: String) -> DecodingError {
        .typeMismatch(
            ConfigValue.self, .init(codingPath: codingPath, debugDescription: "\(expected) is needed, this is \(value.kindName)"))
    }
}

extension ConfigDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { value.isNull }

    func decode(_ type: Bool.Type) throws -> Bool { try needed(value.bool, "true or false") }

    func decode(_ type: String.Type) throws -> String { try needed(value.string, "a string") }

    func decode(_ type: Double.Type) throws -> Double {
        if namesNonFinite, let text = value.string, ["nan", "inf", "-inf"].contains(text), let number = Double(text) { return number }
        return try needed(value.double, "a number")
    }

    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if let integers = type as? any FixedWidthInteger.Type, let made = try integer(integers) as? T { return made }
        return try T(from: self)
    }

    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        switch value {
        case .int(let whole): try needed(T(exactly: whole), "an integer of \(T.bitWidth) bits")
        case .double(let number): try needed(T(exactly: number), "an integer of \(T.bitWidth) bits")
        default: throw wrong("an integer")
        }
    }

    private func needed<T>(_ found: T?, _ expected: String) throws -> T {
        guard let found else { throw wrong(expected) }
        return found
    }
}

private struct KeyedEntries<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let entries: ConfigDictionary
    let codingPath: [any CodingKey]
    let namesNonFinite: Bool

    var allKeys: [Key] { entries.keys.compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { entries[key.stringValue] != nil }

    func decodeNil(forKey key: Key) throws -> Bool { try decoder(key).value.isNull }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try decoder(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try decoder(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try decoder(key).unkeyedContainer() }

    func superDecoder() throws -> any Decoder {
        ConfigDecoder(value: .dict(entries), codingPath: codingPath, namesNonFinite: namesNonFinite)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try decoder(key) }

    private func decoder(_ key: Key) throws -> ConfigDecoder {
        guard let value = entries[key.stringValue] else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "there is no '\(key.stringValue.prefix(200))'"))
        }
        return ConfigDecoder(value: value, codingPath: codingPath + [key], namesNonFinite: namesNonFinite)
    }
}

private struct ListedItems: UnkeyedDecodingContainer {
    let items: [ConfigValue]
    let codingPath: [any CodingKey]
    let namesNonFinite: Bool
    var currentIndex = 0

    var count: Int? { items.count }

    var isAtEnd: Bool { currentIndex >= items.count }

    mutating func decodeNil() throws -> Bool {
        guard try peek().value.isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        let made = try peek().decode(type)
        currentIndex += 1
        return made
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        let made = try peek().container(keyedBy: type)
        currentIndex += 1
        return made
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        let made = try peek().unkeyedContainer()
        currentIndex += 1
        return made
    }

    mutating func superDecoder() throws -> any Decoder {
        let made = try peek()
        currentIndex += 1
        return made
    }

    private func peek() throws -> ConfigDecoder {
        let key = Index(intValue: currentIndex)
        guard items.indices.contains(currentIndex) else {
            throw DecodingError.valueNotFound(
                ConfigValue.self, .init(codingPath: codingPath + [key], debugDescription: "the list has \(items.count) items"))
        }
        return ConfigDecoder(value: items[currentIndex], codingPath: codingPath + [key], namesNonFinite: namesNonFinite)
    }

    private struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { intValue.map(String.init) ?? "" }

        init(intValue: Int) { self.intValue = intValue }

        init?(stringValue: String) { nil }
    }
}
