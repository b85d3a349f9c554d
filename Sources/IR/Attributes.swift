/// Value of an operator attribute or of a module's metadata. Floats are equal if their bits are: a NaN equals itself, 0.0 and -0.0
/// differ.
package enum AttributeValue: Sendable {
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case dtype(DType)
    case dim(Dim)
    /// Integers and dimensions: axes, strides, shapes.
    case dims([Dim])
    case floats([Double])
    case strings([String])
    case dictionary([String: AttributeValue])
    /// Another function of the module, for operators with a body (If, Loop, Scan).
    case function(String)

    /// Symbols in its dimensions.
    var symbols: Set<String> {
        switch self {
        case .dim(let dim): dim.symbols
        case .dims(let dims): dims.reduce(into: []) { $0.formUnion($1.symbols) }
        case .dictionary(let fields): fields.values.reduce(into: []) { $0.formUnion($1.symbols) }
        default: []
        }
    }

    /// The same with symbols replaced in its dimensions.
    func substituting(_ sizes: [String: Dim]) -> AttributeValue {
        switch self {
        case .dim(let dim): .dim(dim.substituting(sizes))
        case .dims(let dims): .dims(dims.map { $0.substituting(sizes) })
        case .dictionary(let fields): .dictionary(fields.mapValues { $0.substituting(sizes) })
        default: self
        }
    }

    package static func ints(_ values: [Int]) -> AttributeValue { .dims(values.map { Dim($0) }) }
}

extension AttributeValue: Hashable {
    package static func == (a: AttributeValue, b: AttributeValue) -> Bool {
        switch (a, b) {
        case (.bool(let x), .bool(let y)): x == y
        case (.int(let x), .int(let y)): x == y
        case (.float(let x), .float(let y)): x.bitPattern == y.bitPattern
        case (.string(let x), .string(let y)): x == y
        case (.dtype(let x), .dtype(let y)): x == y
        case (.dim(let x), .dim(let y)): x == y
        case (.dims(let x), .dims(let y)): x == y
        case (.floats(let x), .floats(let y)): x.elementsEqual(y) { $0.bitPattern == $1.bitPattern }
        case (.strings(let x), .strings(let y)): x == y
        case (.dictionary(let x), .dictionary(let y)): x == y
        case (.function(let x), .function(let y)): x == y
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        switch self {
        case .bool(let x): hasher.combine(x)
        case .int(let x): hasher.combine(x)
        case .float(let x): hasher.combine(x.bitPattern)
        case .string(let x), .function(let x): hasher.combine(x)
        case .dtype(let x): hasher.combine(x)
        case .dim(let x): hasher.combine(x)
        case .dims(let x): hasher.combine(x)
        case .floats(let x): for value in x { hasher.combine(value.bitPattern) }
        case .strings(let x): hasher.combine(x)
        case .dictionary(let x): hasher.combine(x)
        }
    }
}

/// Attributes of an operator by name.
package typealias Attributes = [String: AttributeValue]

/// A missing, unknown or ill-typed attribute.
package struct AttributeError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Reads the attributes of one operator: typed, with defaults, and complains about those nobody read.
package struct AttributeReader {
    private var remaining: Attributes
    let opName: String

    package init(_ attributes: Attributes, opName: String) {
        remaining = attributes
        self.opName = opName
    }

    private mutating func take<T>(_ name: String, _ kind: String, _ convert: (AttributeValue) -> T?) throws -> T? {
        guard let value = remaining.removeValue(forKey: name) else { return nil }
        guard let result = convert(value) else {
            throw AttributeError("attribute '\(name)' of \(opName) must be \(kind), not \(value)")
        }
        return result
    }

    private func required<T>(_ name: String, _ value: T?) throws -> T {
        guard let value else { throw AttributeError("\(opName) needs the attribute '\(name)'") }
        return value
    }

    package mutating func int(_ name: String) throws -> Int { try required(name, optionalInt(name)) }

    package mutating func int(_ name: String, default value: Int) throws -> Int { try optionalInt(name) ?? value }

    package mutating func optionalInt(_ name: String) throws -> Int? {
        try take(name, "an integer") { if case .int(let x) = $0 { x } else { nil } }
    }

    package mutating func double(_ name: String) throws -> Double { try required(name, optionalDouble(name)) }

    package mutating func double(_ name: String, default value: Double) throws -> Double { try optionalDouble(name) ?? value }

    package mutating func optionalDouble(_ name: String) throws -> Double? {
        try take(name, "a number") {
            switch $0 {
            case .float(let x): x
            case .int(let x): Double(x)
            default: nil
            }
        }
    }

    package mutating func scalar(_ name: String) throws -> Scalar { try required(name, optionalScalar(name)) }

    package mutating func scalar(_ name: String, default value: Scalar) throws -> Scalar { try optionalScalar(name) ?? value }

    package mutating func optionalScalar(_ name: String) throws -> Scalar? {
        try take(name, "a number") {
            switch $0 {
            case .float(let x): .float(x)
            case .int(let x): .int(x)
            default: nil
            }
        }
    }

    package mutating func bool(_ name: String, default value: Bool = false) throws -> Bool {
        try take(name, "true or false") { if case .bool(let x) = $0 { x } else { nil } } ?? value
    }

    package mutating func string(_ name: String) throws -> String { try required(name, optionalString(name)) }

    package mutating func string(_ name: String, default value: String) throws -> String { try optionalString(name) ?? value }

    package mutating func optionalString(_ name: String) throws -> String? {
        try take(name, "a string") { if case .string(let x) = $0 { x } else { nil } }
    }

    package mutating func function(_ name: String) throws -> String {
        try required(name, take(name, "a function such as '@f'") { if case .function(let x) = $0 { x } else { nil } })
    }

    package mutating func dtype(_ name: String) throws -> DType { try required(name, optionalDType(name)) }

    package mutating func dtype(_ name: String, default value: DType) throws -> DType { try optionalDType(name) ?? value }

    private mutating func optionalDType(_ name: String) throws -> DType? {
        try take(name, "an element type") { if case .dtype(let x) = $0 { x } else { nil } }
    }

    package mutating func dim(_ name: String) throws -> Dim {
        try required(
            name,
            take(name, "a dimension") {
                switch $0 {
                case .dim(let x): x
                case .int(let x): Dim(x)
                default: nil
                }
            })
    }

    package mutating func dims(_ name: String) throws -> [Dim] { try required(name, optionalDims(name)) }

    package mutating func optionalDims(_ name: String) throws -> [Dim]? {
        try take(name, "a list of dimensions") { if case .dims(let x) = $0 { x } else { nil } }
    }

    package mutating func ints(_ name: String) throws -> [Int] { try required(name, optionalInts(name)) }

    package mutating func ints(_ name: String, default value: [Int]) throws -> [Int] { try optionalInts(name) ?? value }

    package mutating func optionalInts(_ name: String) throws -> [Int]? {
        try take(name, "a list of integers") {
            guard case .dims(let dims) = $0 else { return nil }
            let values = dims.compactMap(\.value)
            return values.count == dims.count ? values : nil
        }
    }

    package mutating func floats(_ name: String, default value: [Double]) throws -> [Double] {
        try take(name, "a list of numbers") {
            switch $0 {
            case .floats(let x): x
            case .dims(let x): x.allSatisfy(\.isConstant) ? x.map { Double($0.constant) } : nil
            default: nil
            }
        } ?? value
    }

    package mutating func strings(_ name: String, default value: [String]) throws -> [String] {
        try take(name, "a list of texts") {
            switch $0 {
            case .strings(let x): x
            case .dims(let x): x.isEmpty ? [] : nil
            default: nil
            }
        } ?? value
    }

    /// One of a set of names, such as a mode.
    package mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, default value: T? = nil) throws -> T
    where T.RawValue == String {
        guard let text = try optionalString(name) else { return try required(name, value) }
        guard let choice = T(rawValue: text) else {
            let known = T.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw AttributeError("attribute '\(name)' of \(opName) is '\(text)'; known: \(known)")
        }
        return choice
    }

    /// - Throws: ``AttributeError`` if an attribute was not read.
    package func finish() throws {
        guard let name = remaining.keys.sorted().first else { return }
        throw AttributeError("\(opName) has no attribute '\(name)'")
    }
}
