/// Plain values of a pickle as a configuration.
extension Pickle {
    static let maximumConfigDepth = 64
    static let maximumConfigValues = 100_000

    /// Dictionaries and namespaces become dictionaries whose keys are text; tuples, lists and sets become lists; element
    /// types, devices and objects that were passed over become their names, tensors `"tensor"`.
    /// - Throws: ``CheckpointError`` for values that are nested too deeply, contain themselves or are too many.
    func config(_ value: PickleValue, file: String) throws(CheckpointError) -> ConfigValue {
        var budget = Pickle.maximumConfigValues
        return try config(value, depth: 0, &budget, file)
    }

    private func config(
        _ value: PickleValue, depth: Int, _ budget: inout Int, _ file: String
    ) throws(CheckpointError) -> ConfigValue {
        budget -= 1
        guard depth <= Pickle.maximumConfigDepth, budget >= 0 else {
            throw CheckpointError(
                .unsupported, file: file,
                "the saved arguments are nested deeper than \(Pickle.maximumConfigDepth) levels or swell to more than "
                    + "\(Pickle.maximumConfigValues) values")
        }
        switch value {
        case .none: return .null
        case .bool(let value): return .bool(value)
        case .int(let value): return .int(value)
        case .wideInt(let digits): return .double(Pickle.double(digits))
        case .double(let value): return .double(value)
        case .string(let value): return .string(value)
        case .bytes(let bytes):
            // Decoded anew wherever they are referred to.
            budget -= bytes.count / 16
            guard budget >= 0 else { throw CheckpointError(.unsupported, file: file, "the saved arguments are too large") }
            return .string(String(decoding: bytes, as: UTF8.self))
        case .global(let global): return .string(global.name)
        case .node: break
        }
        switch node(value) {
        case .list(let items), .tuple(let items), .set(let items):
            var list: [ConfigValue] = []
            for item in items { list.append(try config(item, depth: depth + 1, &budget, file)) }
            return .list(list)
        case .dict, .namespace:
            var dictionary = ConfigDictionary()
            for (key, value) in entries(value) ?? [] {
                let value = try config(value, depth: depth + 1, &budget, file)
                dictionary[try self.key(key, &budget, file)] = value
            }
            return .dict(dictionary)
        case .tensor, .storage: return .string("tensor")
        case .numpyDType(let name), .opaque(let name): return .string(name)
        case nil: return .null
        }
    }

    private func key(_ key: PickleValue, _ budget: inout Int, _ file: String) throws(CheckpointError) -> String {
        if case .string(let text) = key { return text }
        return try config(key, depth: Pickle.maximumConfigDepth, &budget, file).description
    }

    /// A two's complement integer, little-endian.
    private static func double(_ digits: [UInt8]) -> Double {
        let isNegative = (digits.last ?? 0) & 0x80 != 0
        let magnitude = digits.reversed().reduce(0.0) { $0 * 256 + Double(isNegative ? ~$1 : $1) }
        return isNegative ? -magnitude - 1 : magnitude
    }
}
