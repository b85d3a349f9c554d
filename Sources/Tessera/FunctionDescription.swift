import IR

/// A function of a model: what it takes and gives.
public struct FunctionDescription: Sendable, Hashable {
    /// What ``Session/run(_:_:sizes:states:cancellation:)`` calls it by.
    public let name: String
    /// In the order of the function.
    public let inputs: [ValueDescription]
    /// In the order of the function.
    public let outputs: [ValueDescription]

    init(_ graph: Graph) {
        name = graph.name
        inputs = graph.signature.inputs.map { ValueDescription($0.name, $0.type) }
        outputs = graph.signature.outputs.map { ValueDescription($0.name, $0.type) }
    }
}

/// A named value that a function takes or gives, its sizes known or open.
public struct ValueDescription: Sendable, Hashable, CustomStringConvertible {
    /// Key of the value in what a run takes or gives.
    public let name: String
    /// Whether it is a tensor; of a sequence or an optional, type and shape are those of the tensors inside.
    public let isTensor: Bool
    private let type: String
    /// Type of its elements.
    public let elementType: ElementType
    /// Its sizes, outermost first; empty for a single number.
    public let shape: [Dimension]

    /// A size: a number, or an expression of symbols such as `tokens` or `16*h`, which get their sizes when the function runs.
    public enum Dimension: Sendable, Hashable, CustomStringConvertible {
        /// A number that is the same in every run.
        case size(Int)
        /// An expression of symbols, as text.
        case symbolic(String)

        /// The number, or the expression.
        public var description: String {
            switch self {
            case .size(let size): "\(size)"
            case .symbolic(let expression): expression
            }
        }
    }

    init(_ name: String, _ type: ValueType) {
        self.name = name
        isTensor = type.isTensor
        self.type = type.description
        elementType = ElementType(type.element.dtype)
        shape = type.element.shape.map { dim in dim.value.map { .size($0) } ?? .symbolic(dim.description) }
    }

    /// `tokens: f32[batch, tokens, 128]`.
    public var description: String { "\(name): \(type)" }
}

/// A fact about a model.
public indirect enum MetadataValue: Sendable, Hashable, Encodable {
    /// A truth value.
    case bool(Bool)
    /// A whole number.
    case integer(Int)
    /// Any other number.
    case number(Double)
    /// A text, such as a name, a type or an expression of symbols.
    case text(String)
    /// Values in their order.
    case list([MetadataValue])
    /// Values by name.
    case table([String: MetadataValue])

    init(_ value: AttributeValue) {
        self =
            switch value {
            case .bool(let value): .bool(value)
            case .int(let value): .integer(value)
            case .float(let value): .number(value)
            case .string(let value), .function(let value): .text(value)
            case .dtype(let type): .text(type.rawValue)
            case .dim(let dim): MetadataValue(dim)
            case .dims(let dims): .list(dims.map { MetadataValue($0) })
            case .floats(let values): .list(values.map { .number($0) })
            case .strings(let values): .list(values.map { .text($0) })
            case .dictionary(let table): .table(table.mapValues { MetadataValue($0) })
            }
    }

    /// As the value itself: numbers, texts, arrays and objects of JSON.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        case .table(let table): try container.encode(table)
        }
    }

    private init(_ dim: Dim) { self = dim.value.map { .integer($0) } ?? .text(dim.description) }
}
