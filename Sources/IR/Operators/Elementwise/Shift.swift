/// A shift of bits; each conforming type is an operator of its own.
package protocol ShiftFunction: Sendable {
    static var opName: String { get }
    static var summary: String { get }
    static var formula: String { get }
    static var onnx: String { get }
    static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ places: Integer) -> Integer
}

/// `y[i] = f(a[i], b[i])` on integers with NumPy broadcasting; computed in 64 bits, signed or unsigned as the type is, then cut.
///
/// A shift by fewer places than none counts as one by all of them.
package struct Shift<Function: ShiftFunction>: TensorOperator {
    package static var opName: String { Function.opName }

    package static var documentation: OperatorDocumentation {
        OperatorDocumentation(
            Function.summary, formula: Function.formula, operands: ["a: integer[…]", "b: as a, broadcasting"],
            results: ["y: as a[broadcast shape]"], onnx: Function.onnx)
    }

    package static var facts: OperatorFacts { .elementwise }

    package init() {}

    package init(reading attributes: inout AttributeReader) throws {}

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        let (a, b) = try Check.pair(inputs)
        try Check.integer(a, "a")
        return [TensorType(a.dtype, try Broadcast.shape(a.shape, b.shape))]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (a, b) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let shape = try Broadcast.sizes(a.shape, b.shape)
        switch (a.elements, b.elements) {
        case (.signed(let x), .signed(let y)):
            let values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
            return [Tensor(integers: values, shape, as: a.dtype)]
        case (.unsigned(let x), .unsigned(let y)):
            let values = Broadcast.map(x, a.shape, y, b.shape, to: shape) { Function.apply($0, $1) }
            return [Tensor(naturals: values, shape, as: a.dtype)]
        default: throw EvaluationError("\(a.type) and \(b.type) have different element types")
        }
    }
}

/// Bits moved to higher places.
package enum ShiftLeft: ShiftFunction {
    package static let opName = "shift_left"
    package static let summary = "Bits moved to higher places, zeros behind them; beyond the width, and by negative numbers, 0."
    package static let formula = "y = a · 2ᵇ"
    package static let onnx = "BitShift(direction=LEFT)"

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ places: Integer) -> Integer {
        (0..<64).contains(places) ? a << places : 0
    }
}

/// Bits moved to lower places.
package enum ShiftRight: ShiftFunction {
    package static let opName = "shift_right"
    package static let summary = "Bits moved to lower places, the sign kept; beyond the width, and by negative numbers, nothing else."
    package static let formula = "y = ⌊a / 2ᵇ⌋"
    package static let onnx = "BitShift(direction=RIGHT)"

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ places: Integer) -> Integer {
        (0..<64).contains(places) ? a >> places : a < 0 ? 0 &- 1 : 0
    }
}
