/// All operators by name, for the parser and for tools that list them.
package enum OperatorRegistry {
    private static let byName: [String: any Operator.Type] = Dictionary(
        all.map { ($0.opName, $0) }, uniquingKeysWith: { first, _ in first })

    package static func type(named name: String) -> (any Operator.Type)? { byName[name] }

    /// The operator `name` with `attributes`.
    /// - Throws: ``AttributeError`` for an unknown operator or unfit attributes.
    package static func make(_ name: String, _ attributes: Attributes) throws -> any Operator {
        guard let type = byName[name] else { throw AttributeError("there is no operator '\(name)'") }
        return try make(type, attributes)
    }

    private static func make<Op: Operator>(_ type: Op.Type, _ attributes: Attributes) throws -> any Operator {
        var reader = AttributeReader(attributes, opName: Op.opName)
        let made = try Op(reading: &reader)
        try reader.finish()
        return made
    }
}
