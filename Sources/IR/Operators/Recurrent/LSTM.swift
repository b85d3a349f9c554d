/// Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000; peepholes: Gers and Schmidhuber 2000).
package struct LSTM: RecurrentOperator {
    package static let opName = "lstm"
    package static let gates = 4

    package static let documentation = OperatorDocumentation(
        "Long short-term memory; gates lie in the order i (input), o (output), f (forget), g (new). With integer weights each row of "
            + "the state is rounded to 0…255 with its own scale and zero point at each step, as DynamicQuantizeLinear does.",
        formula: "i, f = σ(gates + weight·h + peephole c); g = tanh(gates + weight·h); c = f c + i g; "
            + "o = σ(gates + weight·h + peephole c); h = o tanh(c); y[t] = h; integers: round₈(h)·(weight - zero)ᵀ · scale",
        operands: [
            "gates: float[t, b, 4·h], of the inputs", "weight: float[4·h, h], i8[4·h, h]", "state: float[b, h]",
            "lengths?: i64[b], default t", "cell: float[b, h]", "peephole?: float[3·h] of i, o, f", "scale?: f32[4·h], of i8",
            "zero?: i32[4·h], of i8, default 0",
        ],
        results: ["y: float[t, b, h], 0 beyond a row's length", "last: float[b, h]", "last_cell: float[b, h]"],
        attributes: sharedDocumentation, onnx: "MatMul of the inputs, then LSTM; integers: DynamicQuantizeLSTM of com.microsoft")

    package static let cellOperand = 4
    package static let peepholeOperand = 5
    package static let scaleOperand = 6
    package static let zeroOperand = 7

    package let reverse: Bool
    package let clip: Double?

    package init(reverse: Bool = false, clip: Double? = nil) { (self.reverse, self.clip) = (reverse, clip) }

    package init(reading attributes: inout AttributeReader) throws {
        reverse = try attributes.bool("reverse")
        clip = try LSTM.readClip(&attributes)
    }

    package var attributes: Attributes { sharedAttributes }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 5...8)
        let (types, weight) = (try checkShared(inputs), try Check.operand(inputs, RecurrentOperand.weight, "weight"))
        let cell = try Check.operand(inputs, LSTM.cellOperand, "cell")
        try Check.shape(cell, types.state.shape, "cell")
        try Check.dtype(cell, types.state.dtype, "cell")
        if let peephole = Check.optional(inputs, LSTM.peepholeOperand) {
            try Check.shape(peephole, [weight.shape[1] * 3], "peephole")
            try Check.dtype(peephole, types.state.dtype, "peephole")
        }
        try checkIntegers(inputs, weight, types.state)
        return [types.all, types.state, types.state]
    }

    /// Integer weights have a scale and work on f32.
    private func checkIntegers(_ inputs: [TensorType?], _ weight: TensorType, _ state: TensorType) throws {
        let (scale, zero) = (Check.optional(inputs, LSTM.scaleOperand), Check.optional(inputs, LSTM.zeroOperand))
        guard weight.dtype == .i8 else {
            guard scale == nil, zero == nil else { throw InferenceError("only a weight of i8 takes a scale and a zero point") }
            return try Check.float(weight, "weight")
        }
        try Check.dtype(state, .f32, "state")
        guard let scale else { throw InferenceError("a weight of i8 needs a scale") }
        try Check.dtype(scale, .f32, "scale")
        try Check.shape(scale, [weight.shape[0]], "scale")
        if let zero {
            try Check.dtype(zero, .i32, "zero")
            try Check.shape(zero, [weight.shape[0]], "zero")
        }
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let weight = try Tensor.operand(inputs, RecurrentOperand.weight)
        let optional = { (index: Int) in inputs.count > index ? inputs[index] : nil }
        let peephole = optional(LSTM.peepholeOperand)?.doubles
        let product = try LSTM.product(weight, scale: optional(LSTM.scaleOperand), zero: optional(LSTM.zeroOperand))
        let states = [try Tensor.operand(inputs, RecurrentOperand.state), try Tensor.operand(inputs, LSTM.cellOperand)]
        return try unroll(inputs, states: states) { gates, states in
            let (c, products) = (states[1], product(states[0]))
            /// What a gate adds up to, with its peephole's view of `cell`.
            func sum(_ gate: Int, _ cell: [Double]?) -> [Double] {
                guard let cell, let peephole else { return sums(gates, gate, products[gate]) }
                let seen = cell.indices.map { products[gate][$0] + peephole[gate * cell.count + $0] * cell[$0] }
                return sums(gates, gate, seen)
            }
            let (input, forget) = (sum(0, c).map(Sigmoid.apply), sum(2, c).map(Sigmoid.apply))
            let fresh = sum(3, nil).map(Tanh.apply)
            let next = c.indices.map { forget[$0] * c[$0] + input[$0] * fresh[$0] }
            let output = sum(1, next).map(Sigmoid.apply)
            return [zip(output, next).map { $0 * Tanh.apply($1) }, next]
        }
    }

    /// The product of a state with each gate's weights.
    private static func product(_ weight: Tensor, scale: Tensor?, zero: Tensor?) throws -> ([Double]) -> [[Double]] {
        guard let scale else {
            let weight = RecurrentWeight(weight)
            return { state in (0..<gates).map { weight.product(state, gate: $0) } }
        }
        let (scales, levels, zeros) = (scale.floats, weight.integers, zero?.integers)
        return { state in
            let row = RoundedState(state)
            let all = scales.indices.map { output in
                let sum = row.centered.indices.reduce(0) { sum, k in
                    sum + row.centered[k] * (levels[output * state.count + k] - (zeros?[output] ?? 0))
                }
                return Double(Float(sum) * (row.scale * scales[output]))
            }
            return (0..<gates).map { Array(all[$0 * state.count..<($0 + 1) * state.count]) }
        }
    }
}

/// A state as integers, rounded as ONNX's DynamicQuantizeLinear says, in f32.
private struct RoundedState {
    /// Levels less the one that stands for 0.
    let centered: [Int]
    let scale: Float

    init(_ state: [Double]) {
        let x = state.map { Float($0) }
        let (low, high) = (min(x.min() ?? 0, 0), max(x.max() ?? 0, 0))
        let range = high - low
        guard range < .infinity, !x.contains(where: \.isNaN) else {
            (centered, scale) = (x.map { _ in 0 }, .nan)
            return
        }
        let step = range / 255
        let scale = step < .leastNormalMagnitude ? 1 : step
        let zero = (-low / scale).rounded(.toNearestOrEven)
        centered = x.map { Int(min(max(($0 / scale).rounded(.toNearestOrEven) + zero, 0), 255)) - Int(zero) }
        self.scale = scale
    }
}
