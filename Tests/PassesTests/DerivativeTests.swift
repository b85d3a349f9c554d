import IR
import Passes
import TestSupport
import Testing

/// The derivative of every operator that has one, on the samples that its evaluation and its kernels are tested on.
@Suite("Derivatives") struct DerivativeTests {
    /// Steps, whose derivative is 0 wherever there is one, and what is not the derivative on purpose.
    static let steps: Set<String> = ["floor", "ceil", "round", "sign", "stop_gradient", "straight_through"]

    /// Where a difference says nothing: it rounds, or stands on a kink.
    static let undetermined: Set<String> = ["l2_normalize zero"]

    static let samples = OperatorSamples.all.filter { sample in
        let isComputed = sample.op is any Differentiable || sample.op is any Composite
        let isRounded = sample.op is Cast || (sample.op as? Attention)?.int8 == true || sample.roundsOperands
        return isComputed && !isRounded && !steps.contains(sample.opName) && !undetermined.contains(sample.name) && sample.hasFloats
    }

    @Test("agrees with differences", arguments: samples)
    func agrees(_ sample: OperatorSample) throws {
        let (module, inputs) = try sample.withLoss()
        let made: Module
        do {
            made = try PassManager.run(module, .gradient(sample.request, stage: module.stage)).module
        } catch let error as PassError where error.description.contains("no derivative") && sample.isRefused { return }
        #expect(!sample.isRefused)
        let differences = Differences(module: made, function: "main", inputs: inputs, binding: sample.binding)
        let gradients = try differences.gradients()
        #expect(gradients["loss"] == (try Interpreter.run(module, "main", inputs, binding: sample.binding)["loss"]))
        #expect(differences.names.count == sample.floats.count, "\(differences.names)")
        for name in differences.names {
            let deviation = try differences.largestDeviation(of: name, gradients)
            #expect(deviation < 1e-6, "\(name) of \(sample) deviates by \(deviation)")
        }
    }

    @Test("every differentiable operator has a derivative and samples, or is refused")
    func isComplete() {
        let refused: Set<String> = [
            "det", "gru", "lstm", "rnn", "roi_align", "max_roi_pool", "sample", "quantize", "dequantize",
            "dynamic_quantize",
        ]
        let tried = Set(DerivativeTests.samples.map(\.opName))
        for type in OperatorRegistry.all where type.facts.contains(.differentiable) {
            let hasOne = type is any Differentiable.Type || type is any Composite.Type
            #expect(hasOne != refused.contains(type.opName), "\(type.opName)")
            guard hasOne, !DerivativeTests.steps.contains(type.opName), type.opName != "cast" else { continue }
            #expect(tried.contains(type.opName), "no sample of \(type.opName) is tried")
        }
    }
}

extension OperatorSample {
    /// Positions of float operands.
    var floats: [Int] { inputs.indices.filter { inputs[$0]?.dtype.isFloat == true } }

    /// Whether its operands are rounded first, so that it is a function of steps.
    fileprivate var roundsOperands: Bool {
        (op as? Linear)?.bf16 == true || (op as? FusedLinear)?.bf16 == true || (op as? MatMul)?.bf16 == true
    }

    fileprivate var hasFloats: Bool { !floats.isEmpty }

    /// The combinations that derivatives refuse.
    fileprivate var isRefused: Bool {
        if let scatter = op as? ScatterReduce { return scatter.reduction != .add }
        guard let pool = op as? AveragePool else { return false }
        return pool.geometry.ceil && pool.divisor == .padded
    }

    fileprivate var request: GradientRequest { GradientRequest(parameters: floats.map { NamePattern(exactly: "%x\($0)") }) }

    /// A function of the operands in f64, whose loss is the sum of the results, each element times a random number.
    fileprivate func withLoss() throws -> (Module, [String: Tensor]) {
        var (graph, values) = (Graph(name: "main"), [String: Tensor]())
        let operands = try inputs.enumerated().map { index, tensor -> ValueID? in
            guard let tensor else { return nil }
            let wide = tensor.dtype.isFloat ? Tensor(tensor.doubles, tensor.shape, as: .f64) : tensor
            values["x\(index)"] = wide
            return try graph.addInput("x\(index)", wide.type)
        }
        let results = try graph.add(op, operands, name: "tried")
        var loss: ValueID?
        for (index, result) in results.enumerated() where graph.type(of: result).dtype.isFloat {
            let type = graph.type(of: result)
            values["c\(index)"] = .random(.f64, try type.sizes(binding), seed: "\(name) \(index)")
            let weighted = try graph.apply(Binary<Mul>(), [result, try graph.addInput("c\(index)", type)], name: "")
            let sum = try graph.apply(Reduce<ReduceSum>(axes: Array(0..<type.rank)), [weighted], name: "")
            loss = try loss.map { try graph.apply(Binary<Add>(), [$0, sum], name: "") } ?? sum
        }
        try graph.addOutput("loss", try #require(loss))
        var module = Module(name: "sample", stage: op is any FusedOperator ? .clean : .imported)
        module.setFunction(graph)
        return (module, values)
    }
}
