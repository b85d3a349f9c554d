/// A layer that hands a state from step to step. What inputs add to its gates is computed before, for all steps: a product and a bias.
///
/// Operands of all: 0 gates `[t, b, g·h]`, 1 weight `[g·h, h]`, 2 state `[b, h]`, 3 lengths `[b]` or nil; then those of each kind.
package protocol RecurrentOperator: TensorOperator {
    /// Gates of one hidden unit.
    static var gates: Int { get }

    /// Whether the last step comes first.
    var reverse: Bool { get }

    /// Sums of gates stay within `-clip ... clip`; nil: anywhere.
    var clip: Double? { get }
}

/// Positions of the operands that all recurrent layers have.
package enum RecurrentOperand {
    package static let gates = 0
    package static let weight = 1
    package static let state = 2
    package static let lengths = 3
}

extension RecurrentOperator {
    /// Gates of one hidden unit.
    package var gateCount: Int { Self.gates }

    package var packedOperands: [Int] { [RecurrentOperand.weight] }

    var sharedAttributes: Attributes {
        var fields: Attributes = reverse ? ["reverse": .bool(true)] : [:]
        if let clip { fields["clip"] = .float(clip) }
        return fields
    }

    static var sharedDocumentation: [String: String] {
        ["reverse": "whether the last step comes first, default false", "clip": "bound of the sums of gates, default none"]
    }

    static func readClip(_ attributes: inout AttributeReader) throws -> Double? {
        let clip = try attributes.optionalDouble("clip")
        guard clip.map({ $0 > 0 }) ?? true else { throw AttributeError("clip must be above 0") }
        return clip
    }

    /// Checks operands 0 to 3 and gives the types of all hidden states and of one.
    func checkShared(_ inputs: [TensorType?]) throws -> (all: TensorType, state: TensorType) {
        let (gates, weight) = (try Check.operand(inputs, 0, "gates"), try Check.operand(inputs, 1, "weight"))
        let state = try Check.operand(inputs, 2, "state")
        try Check.float(gates, "gates")
        try Check.rank(gates, 3...3, "gates")
        try Check.rank(weight, 2...2, "weight")
        let (hidden, width) = (weight.shape[1], weight.shape[1] * Dim(Self.gates))
        try Check.shape(weight, [width, hidden], "weight")
        try Check.shape(gates, [gates.shape[0], gates.shape[1], width], "gates")
        try Check.shape(state, [gates.shape[1], hidden], "state")
        try Check.dtype(state, gates.dtype, "state")
        if let lengths = Check.optional(inputs, RecurrentOperand.lengths) {
            try Check.dtype(lengths, .i64, "lengths")
            try Check.shape(lengths, [gates.shape[1]], "lengths")
        }
        return (TensorType(gates.dtype, [gates.shape[0], gates.shape[1], hidden]), TensorType(gates.dtype, state.shape))
    }

    /// Two operations for each product of the state, and some for each gate.
    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        let elements = inputs.first.flatMap { $0?.elementCount } ?? 0
        let hidden = outputs.first?.shape.last ?? 0
        return Cost(flops: elements * (hidden * 2 + 8), bytes: Cost.traffic(inputs, outputs))
    }

    /// All hidden states, then the last states, of which the hidden one is first.
    ///
    /// - Parameters:
    ///   - states: First states, `[b, h]`.
    ///   - step: New states of a row from its gates' input and its old states.
    func unroll(
        _ inputs: [Tensor?], states: [Tensor], _ step: (_ gates: ArraySlice<Double>, _ states: [[Double]]) -> [[Double]]
    ) throws -> [Tensor] {
        let gates = try Tensor.operand(inputs, 0)
        let (steps, batch, width) = (gates.shape[0], gates.shape[1], gates.shape[2])
        let hidden = width / Self.gates
        let (values, first) = (gates.doubles, states.map(\.doubles))
        let lengths = inputs.count > RecurrentOperand.lengths ? inputs[RecurrentOperand.lengths]?.integers : nil
        var all = [Double](repeating: 0, count: steps * batch * hidden)
        var last = first.map { $0.map { _ in 0.0 } }
        for row in 0..<batch {
            let range = row * hidden..<(row + 1) * hidden
            var current = first.map { Array($0[range]) }
            let count = min(max(lengths?[row] ?? steps, 0), steps)
            for time in reverse ? Array((0..<count).reversed()) : Array(0..<count) {
                let place = time * batch + row
                current = step(values[place * width..<(place + 1) * width], current)
                all.replaceSubrange(place * hidden..<(place + 1) * hidden, with: current[0])
            }
            for index in current.indices { last[index].replaceSubrange(range, with: current[index]) }
        }
        return [Tensor(all, [steps, batch, hidden], as: gates.dtype)] + last.map { Tensor($0, [batch, hidden], as: gates.dtype) }
    }

    /// Sums of gate `index` of a row, with `product` added, within the clip.
    func sums(_ gates: ArraySlice<Double>, _ index: Int, _ product: [Double]) -> [Double] {
        let hidden = product.count
        let start = gates.startIndex + index * hidden
        return zip(gates[start..<start + hidden], product).map { clipped($0 + $1) }
    }

    func clipped(_ x: Double) -> Double { clip.map { min(max(x, -$0), $0) } ?? x }
}

/// A weight `[n, h]` of a recurrent layer.
struct RecurrentWeight {
    let rows: [[Double]]

    init(_ weight: Tensor) {
        let (values, depth) = (weight.doubles, weight.shape[1])
        rows = (0..<weight.shape[0]).map { Array(values[$0 * depth..<($0 + 1) * depth]) }
    }

    /// The product with a state, gate `index` of those that lie in the weight.
    func product(_ state: [Double], gate index: Int) -> [Double] {
        rows[index * state.count..<(index + 1) * state.count].map { zip($0, state).reduce(0) { $0 + $1.0 * $1.1 } }
    }
}
