/// A number that becomes an element of some type: an integer exactly, or a float.
package enum Scalar: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
    case int(Int)
    case float(Double)

    package init(integerLiteral value: Int) { self = .int(value) }

    package init(floatLiteral value: Double) { self = .float(value) }

    /// Rounded, for integers beyond 2^53.
    package var double: Double {
        switch self {
        case .int(let x): Double(x)
        case .float(let x): x
        }
    }

    package var attribute: AttributeValue {
        switch self {
        case .int(let x): .int(x)
        case .float(let x): .float(x)
        }
    }

    /// 0 or 0.0, but not -0.0.
    package var isPlainZero: Bool { self == .int(0) || self == .float(0) }

    /// One element, converted as ``Cast`` converts an i64 or f64; the largest u64 is therefore -1.
    package func tensor(_ dtype: DType) -> Tensor {
        switch self {
        case .int(let x): Tensor(integers: [x], [1], as: dtype)
        case .float(let x): Tensor([x], [1], as: dtype)
        }
    }

    /// By bits, as attributes are.
    package static func == (a: Scalar, b: Scalar) -> Bool { a.attribute == b.attribute }

    package func hash(into hasher: inout Hasher) { hasher.combine(attribute) }
}
