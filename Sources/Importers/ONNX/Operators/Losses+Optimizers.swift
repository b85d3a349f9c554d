import IR

/// One step of an optimizer, for any number of tensors: rate, count of steps, the tensors, their gradients, then one or two kinds of state.
extension OperatorMapping {
    private static let training = "ai.onnx.preview.training"

    static let optimizers: [OperatorMapping] = [
        OperatorMapping("Adagrad", domain: training) { node in
            let (rate, count) = (try node.input(0), try node.input(1))
            let (decay, epsilon) = (try node.float("decay_factor", 0), try node.float("epsilon", 0))
            let slowing = try node.binary(Add.self, try node.binary(Mul.self, try node.cast(count, to: node.dtype(rate)), decay), 1)
            let slowed = try node.binary(Div.self, rate, slowing)
            return try step(&node, states: 1) { node, x, gradient, state in
                let sum = try node.binary(Add.self, state[0], try node.binary(Mul.self, gradient, gradient))
                let scale = try node.binary(Add.self, try node.unary(Sqrt.self, sum), epsilon)
                return (try moved(&node, x, slowed, try node.binary(Div.self, gradient, scale)), [sum])
            }
        },
        OperatorMapping("Adam", domain: training) { node in
            let (alpha, beta) = (try node.float("alpha", 0.9), try node.float("beta", 0.999))
            let (epsilon, shrink) = (try node.float("epsilon", 0), try node.float("norm_coefficient_post", 0))
            let rate = try adamRate(&node, alpha, beta)
            return try step(&node, states: 2) { node, x, gradient, state in
                let mean = try blended(&node, state[0], gradient, alpha)
                let square = try blended(&node, state[1], try node.binary(Mul.self, gradient, gradient), beta)
                let scale = try node.binary(Add.self, try node.unary(Sqrt.self, square), epsilon)
                var y = try moved(&node, x, rate, try node.binary(Div.self, mean, scale))
                if shrink != 0 { y = try node.binary(Mul.self, y, 1 - shrink) }
                return (y, [mean, square])
            }
        },
        OperatorMapping("Momentum", domain: training) { node in
            let (alpha, beta) = (try node.float("alpha", 0), try node.float("beta", 0))
            let mode = try node.string("mode", "standard")
            guard mode == "standard" || mode == "nesterov" else { throw NodeProblem("attribute 'mode' must be 'standard' or 'nesterov'") }
            let rate = try node.input(0)
            // The first gradient counts in full.
            let share = try node.choose(
                try node.compare(Greater.self, try node.input(1), 0), try node.scalar(beta, node.dtype(rate)),
                try node.scalar(1, node.dtype(rate)))
            return try step(&node, states: 1) { node, x, gradient, state in
                let scaled = try node.binary(Mul.self, gradient, try node.cast(share, to: node.dtype(x)))
                let velocity = try node.binary(Add.self, try node.binary(Mul.self, state[0], alpha), scaled)
                if mode == "standard" { return (try moved(&node, x, rate, velocity), [velocity]) }
                let ahead = try node.binary(Add.self, gradient, try node.binary(Mul.self, velocity, alpha))
                return (try moved(&node, x, rate, ahead), [velocity])
            }
        },
    ]

    private typealias Step = (inout NodeImport, ValueID, ValueID, [ValueID]) throws -> (ValueID, [ValueID])

    /// `update` of each tensor, its gradient with what the norm adds, and its states.
    private static func step(_ node: inout NodeImport, states: Int, _ update: Step) throws -> [ValueID?] {
        let inputs = Array(try node.allInputs().dropFirst(2))
        let count = inputs.count / (2 + states)
        guard count > 0, inputs.count == count * (2 + states) else {
            throw NodeProblem("\(inputs.count) tensors are no whole number of parameters with gradients and states")
        }
        let norm = try node.float("norm_coefficient", 0)
        var results = [[ValueID?]](repeating: [], count: 1 + states)
        for index in 0..<count {
            let (x, given) = (inputs[index], inputs[count + index])
            let gradient = norm == 0 ? given : try node.binary(Add.self, try node.binary(Mul.self, x, norm), given)
            let (new, kept) = try update(&node, x, gradient, (0..<states).map { inputs[(2 + $0) * count + index] })
            for (place, value) in ([new] + kept).enumerated() { results[place].append(value) }
        }
        return results.flatMap { $0 }
    }

    /// x - rate · direction
    private static func moved(_ node: inout NodeImport, _ x: ValueID, _ rate: ValueID, _ direction: ValueID) throws -> ValueID {
        let scale = try node.cast(try node.reshape(rate, []), to: node.dtype(x))
        return try node.binary(Sub.self, x, try node.binary(Mul.self, scale, direction))
    }

    /// share · old + (1 - share) · new
    private static func blended(_ node: inout NodeImport, _ old: ValueID, _ new: ValueID, _ share: Double) throws -> ValueID {
        try node.binary(Add.self, try node.binary(Mul.self, old, share), try node.binary(Mul.self, new, 1 - share))
    }

    /// rate · √(1 - βᵀ) / (1 - αᵀ) after the first step T = 0.
    private static func adamRate(_ node: inout NodeImport, _ alpha: Double, _ beta: Double) throws -> ValueID {
        let rate = try node.input(0)
        let count = try node.cast(try node.input(1), to: .f64)
        let one = try node.scalar(1, .f64)
        let first = try node.binary(Sub.self, one, try node.binary(Pow.self, try node.scalar(alpha, .f64), count))
        let second = try node.binary(Sub.self, one, try node.binary(Pow.self, try node.scalar(beta, .f64), count))
        let correction = try node.binary(Div.self, try node.unary(Sqrt.self, second), first)
        let factor = try node.choose(try node.compare(Greater.self, count, 0), correction, one)
        return try node.binary(Mul.self, rate, try node.cast(factor, to: node.dtype(rate)))
    }
}
