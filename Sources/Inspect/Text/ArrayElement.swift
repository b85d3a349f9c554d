import Foundation
import IR
import Names

/// An element of a tensor, as text and JSON have it.
package enum ArrayElement: Encodable, Equatable, Sendable {
    /// With the fewest digits that tell it from its neighbours.
    case single(Float)
    case half(Float16)
    case double(Double)
    case int(Int)
    case natural(UInt)
    case bool(Bool)
    case text(String)

    /// Every element of `tensor`.
    static func all(of tensor: Tensor) -> [ArrayElement] {
        switch tensor.dtype {
        case .string: return tensor.strings.map { .text($0) }
        case .bool: return tensor.bools.map { .bool($0) }
        case .f64: return tensor.doubles.map { .double($0) }
        case .f16: return tensor.floats.map { .half(Float16($0)) }
        default: break
        }
        switch tensor.elements {
        case .floats: return tensor.floats.map { .single($0) }
        case .signed(let values): return values.map { .int($0) }
        case .unsigned(let values): return values.map { .natural($0) }
        }
    }

    /// For people.
    var text: String {
        switch self {
        case .single(let value): "\(value)"
        case .half(let value): "\(value)"
        case .double(let value): value.isNaN ? "nan" : String(format: "%.10g", value)
        case .int(let value): "\(value)"
        case .natural(let value): "\(value)"
        case .bool(let value): value ? "true" : "false"
        case .text(let value): "\"\(ForeignText.escaped(String(value.prefix(200))))\""
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .single(let value): try container.encode(value)
        case .half(let value): try container.encode(Float(value))
        case .double(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .natural(let value): try container.encode(value)
        case .bool(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        }
    }
}
