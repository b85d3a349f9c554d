/// A tensor of a function that is being written. Arithmetic appends nodes: `dy * (1 - y * y)` is three of them.
///
/// Operands broadcast; numbers have the element type of what they meet.
package struct Traced {
    package let value: ValueID
    private let builder: GradientBuilder

    package init(_ value: ValueID, _ builder: GradientBuilder) { (self.value, self.builder) = (value, builder) }

    package var type: TensorType { builder.graph.type(of: value) }
    package var shape: [Dim] { type.shape }
    package var dtype: DType { type.dtype }
    package var rank: Int { type.rank }

    /// The results of `op` on this and `others`.
    package func results(of op: any Operator, _ others: Traced?...) throws -> [Traced] {
        try builder.add(op, [value] + others.map { $0?.value })
    }

    /// The only result of `op` on this and `others`.
    package func applying(_ op: any Operator, _ others: Traced?...) throws -> Traced {
        try only(builder.add(op, [value] + others.map { $0?.value }), op)
    }

    /// The result of an operator without operands, in the same function.
    package func source(_ op: any Operator) throws -> Traced { try only(builder.add(op, []), op) }

    /// The result of `op` on `parts`, one of which is in the same function.
    func joining(_ op: any Operator, _ parts: [Traced]) throws -> Traced { try only(builder.add(op, parts.map(\.value)), op) }

    private func only(_ results: [Traced], _ op: any Operator) throws -> Traced {
        guard let first = results.first, results.count == 1 else {
            throw DerivativeError("\(Swift.type(of: op).opName) has \(results.count) results where one is expected")
        }
        return first
    }

    /// `axis` counted from the front.
    package func axis(_ axis: Int) throws -> Int { try Check.axis(axis, rank: rank) }

    /// One number of the same element type, without dimensions.
    package func number(_ value: Double) throws -> Traced { try filled([], value) }

    package func filled(_ shape: [Dim], _ value: Double) throws -> Traced {
        try source(Fill(shape: shape, value: dtype.isFloat ? .float(value) : .int(Int(value)), dtype: dtype))
    }

    /// Zeros of the same element type; of the same shape unless one is given.
    package func zeros(_ shape: [Dim]? = nil) throws -> Traced { try filled(shape ?? self.shape, 0) }
}

extension Traced {
    package static func + (a: Traced, b: Traced) throws -> Traced { try a.applying(Binary<Add>(), b) }
    package static func - (a: Traced, b: Traced) throws -> Traced { try a.applying(Binary<Sub>(), b) }
    package static func * (a: Traced, b: Traced) throws -> Traced { try a.applying(Binary<Mul>(), b) }
    package static func / (a: Traced, b: Traced) throws -> Traced { try a.applying(Binary<Div>(), b) }
    package static prefix func - (a: Traced) throws -> Traced { try a.applying(Unary<Neg>()) }

    package static func + (a: Traced, b: Double) throws -> Traced { try a + a.number(b) }
    package static func - (a: Traced, b: Double) throws -> Traced { try a - a.number(b) }
    package static func * (a: Traced, b: Double) throws -> Traced { try a * a.number(b) }
    package static func / (a: Traced, b: Double) throws -> Traced { try a / a.number(b) }
    package static func - (a: Double, b: Traced) throws -> Traced { try b.number(a) - b }

    /// `function` of each element.
    package func mapped<Function: UnaryFunction>(_ function: Function.Type) throws -> Traced { try applying(Unary<Function>()) }

    package func exp() throws -> Traced { try mapped(Exp.self) }
    package func sqrt() throws -> Traced { try mapped(Sqrt.self) }
    package func rsqrt() throws -> Traced { try mapped(Rsqrt.self) }
    package func squared() throws -> Traced { try mapped(Square.self) }

    package func maximum(_ other: Traced) throws -> Traced { try applying(Binary<Maximum>(), other) }
    package func minimum(_ other: Traced) throws -> Traced { try applying(Binary<Minimum>(), other) }

    package func equals(_ other: Traced) throws -> Traced { try applying(Comparison<Equal>(), other) }
    package func isLess(than other: Traced) throws -> Traced { try applying(Comparison<Less>(), other) }
    package func isGreater(than other: Traced) throws -> Traced { try applying(Comparison<Greater>(), other) }
    package func isGreater(than number: Double) throws -> Traced { try isGreater(than: self.number(number)) }
    package func isAtLeast(_ other: Traced) throws -> Traced { try applying(Comparison<GreaterEqual>(), other) }

    /// `a` where this holds, else `b`.
    package func choosing(_ a: Traced, else b: Traced) throws -> Traced { try applying(Where(), a, b) }

    /// The same elements in another type.
    package func cast(to dtype: DType) throws -> Traced { dtype == self.dtype ? self : try applying(Cast(to: dtype)) }

    /// What a fused operator applies to its sum.
    package func activated(by activation: Activation) throws -> Traced {
        switch activation {
        case .none: self
        case .relu: try mapped(Relu.self)
        case .gelu: try mapped(Gelu.self)
        case .geluTanh: try mapped(GeluTanh.self)
        case .silu: try mapped(Silu.self)
        case .tanh: try mapped(Tanh.self)
        case .sigmoid: try mapped(Sigmoid.self)
        }
    }
}
