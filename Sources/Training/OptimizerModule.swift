import IR

/// Functions over parameters of any size, in which weights, moments, sums and averages are states.
enum OptimizerModule {
    static let update = "update"
    static let accumulate = "accumulate"
    static let average = "average"
    static let squares = "squares"

    /// `update(weights, …, gradient, scale, …)`, `accumulate(total, gradient)`, `average(average, value, keep, take)`, all f32[n], and
    /// `squares(x: f32[rows, columns]) -> f32[rows]`.
    static func made(for algorithm: OptimizerAlgorithm) throws -> Module {
        var module = Module(name: "optimizer", stage: .clean)
        module.setFunction(try updating(algorithm))
        module.setFunction(
            try function(accumulate, vectors: ["total", "gradient"], numbers: []) { x in
                ["total": try x("total") + x("gradient")]
            })
        module.setFunction(
            try function(average, vectors: ["average", "value"], numbers: ["keep", "take"]) { x in
                ["average": try x("average") * x("keep") + x("value") * x("take")]
            })
        module.setFunction(try sumOfSquares())
        return module
    }

    private static func updating(_ algorithm: OptimizerAlgorithm) throws -> Graph {
        let vectors = ["weights"] + algorithm.moments + ["gradient"]
        return try function(update, vectors: vectors, numbers: algorithm.numbers) { x in
            switch algorithm {
            case .adamW: try adam(x, isDecoupled: true)
            case .adam: try adam(x, isDecoupled: false)
            case .sgd(let momentum, let isNesterov): try descent(x, hasMomentum: momentum != 0, isNesterov: isNesterov)
            }
        }
    }

    private typealias Operands = (String) throws -> Traced

    private static func adam(_ x: Operands, isDecoupled: Bool) throws -> [String: Traced] {
        var gradient = try x("gradient") * x("scale")
        if !isDecoupled { gradient = try gradient + x("weights") * x("decay") }
        let mean = try x("exp_avg") + (gradient - x("exp_avg")) * x("rest1")
        let square = try x("exp_avg_sq") * x("beta2") + gradient.squared() * x("rest2")
        let size = try square.sqrt() / x("correction") + x("epsilon")
        let change = try mean * x("step") / size
        let weights = try isDecoupled ? x("weights") * x("keep") : x("weights")
        return ["weights": try weights - change, "exp_avg": mean, "exp_avg_sq": square]
    }

    private static func descent(_ x: Operands, hasMomentum: Bool, isNesterov: Bool) throws -> [String: Traced] {
        let gradient = try x("gradient") * x("scale") + x("weights") * x("decay")
        guard hasMomentum else { return ["weights": try x("weights") - gradient * x("step")] }
        let momentum = try x("momentum_buffer") * x("momentum") + gradient
        let change = try isNesterov ? gradient + momentum * x("momentum") : momentum
        return ["weights": try x("weights") - change * x("step"), "momentum_buffer": momentum]
    }

    private static func sumOfSquares() throws -> Graph {
        var graph = Graph(name: squares)
        let x = try graph.addInput("x", TensorType(.f32, [.symbol("rows"), .symbol("columns")]))
        let builder = GradientBuilder(graph)
        try builder.addOutput("sums", builder.traced(x).squared().sum([1], keepDims: false))
        return builder.graph
    }

    private static func function(
        _ name: String, vectors: [String], numbers: [String], _ body: (Operands) throws -> [String: Traced]
    ) throws -> Graph {
        var graph = Graph(name: name)
        var values: [String: ValueID] = [:]
        for vector in vectors { values[vector] = try graph.addInput(vector, TensorType(.f32, [.symbol("n")])) }
        for number in numbers { values[number] = try graph.addInput(number, TensorType(.f32, [])) }
        let builder = GradientBuilder(graph)
        let results = try body { name in
            guard let value = values[name] else { throw GraphError("function '\(graph.name)' has no input '\(name)'") }
            return builder.traced(value)
        }
        for (result, value) in results.sorted(by: { $0.key < $1.key }) { try builder.addOutput(result, value) }
        return builder.graph
    }
}

extension OptimizerAlgorithm {
    /// What is kept of each parameter beside its weights, by the names that PyTorch gives it.
    var moments: [String] {
        switch self {
        case .adamW, .adam: ["exp_avg", "exp_avg_sq"]
        case .sgd(let momentum, _): momentum != 0 ? ["momentum_buffer"] : []
        }
    }

    /// Inputs of the update function that are one number.
    fileprivate var numbers: [String] {
        switch self {
        case .adamW: ["scale", "rest1", "beta2", "rest2", "correction", "epsilon", "step", "keep"]
        case .adam: ["scale", "rest1", "beta2", "rest2", "correction", "epsilon", "step", "decay"]
        case .sgd(let momentum, _): ["scale", "decay", "step"] + (momentum != 0 ? ["momentum"] : [])
        }
    }

    /// Their values at update number `steps`, counted from 1.
    func values(learningRate: Double, weightDecay: Double, scale: Double, steps: Int) -> [String: Double] {
        switch self {
        case .adamW(let beta1, let beta2, let epsilon), .adam(let beta1, let beta2, let epsilon):
            var values = [
                "scale": scale, "rest1": 1 - beta1, "beta2": beta2, "rest2": 1 - beta2, "epsilon": epsilon,
                "correction": (1 - power(beta2, steps)).squareRoot(), "step": learningRate / (1 - power(beta1, steps)),
            ]
            if case .adamW = self { values["keep"] = 1 - learningRate * weightDecay } else { values["decay"] = weightDecay }
            return values
        case .sgd(let momentum, _):
            let values = ["scale": scale, "decay": weightDecay, "step": learningRate]
            return momentum != 0 ? values.merging(["momentum": momentum]) { $1 } : values
        }
    }

    /// By repeated squaring: the same bits on every machine.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }

    /// - Throws: ``TrainingError`` for numbers out of range.
    func check() throws {
        switch self {
        case .adamW(let beta1, let beta2, let epsilon), .adam(let beta1, let beta2, let epsilon):
            guard (0..<1).contains(beta1), (0..<1).contains(beta2) else {
                throw TrainingError("the betas are \(beta1) and \(beta2); give numbers from 0 to below 1")
            }
            guard epsilon >= 0, epsilon < .infinity else { throw TrainingError("epsilon is \(epsilon); give a number of 0 or more") }
        case .sgd(let momentum, let isNesterov):
            guard (0..<1).contains(momentum) else { throw TrainingError("the momentum is \(momentum); give a number from 0 to below 1") }
            guard !isNesterov || momentum > 0 else { throw TrainingError("Nesterov's method needs a momentum above 0") }
        }
    }
}
