import Formats
import IR
import Importers
import Passes
import TestSupport
import Testing

@testable import FourMModels

/// The loss of diffusion against formulas in double precision, on a decoder of two numbers: prediction = w · x + v · mean of the condition.
@Suite("Losses of diffusion") struct DiffusionLossTests {
    private static let (w, v) = (0.7, -0.4)
    private static let shape = [2, 1, 4, 4]
    private static let steps = [3, 9]

    private static let book = (0..<12).map { Double($0 % 5) * 0.3 - 0.5 }

    private static func draw(_ stream: UInt64) -> [Double] {
        let random = CounterRandom(seed: 11).substream(stream)
        return (0..<32).map { Double(Float(random.uniform(at: UInt64($0)) * 3 - 1.5)) }
    }

    private static let (clean, noise) = (draw(1), draw(2))

    /// `tokenize` makes latents of 2 × 2 pixels.
    private static func module() throws -> Module {
        let (batch, channels): (Dim, Dim) = (.symbol("batch"), 1)
        var module = Module(name: "two numbers")
        for (key, value) in ["w": w, "v": v] { module.setConstant(Constant(key: key, Tensor([Float(value)], [1]))) }
        module.setConstant(Constant(key: CodebookKey.embed.key, Tensor(book.map { Float($0) }, [3, 4])))
        module.setConstant(Constant(key: CodebookKey.sums.key, Tensor(book.map { Float($0) }, [3, 4])))
        module.setConstant(Constant(key: CodebookKey.clusterSize.key, Tensor([Float(1), 1, 1], [3])))
        module.setConstant(Constant(key: CodebookKey.isStarted.key, Tensor([Float(1)], [1])))
        var tokenize = Graph(name: FourMFunction.tokenize)
        let image = try tokenize.addInput("image", TensorType(.f32, [batch, channels, 2 * .symbol("gh"), 2 * .symbol("gw")]))
        try tokenize.addOutput("latents", tokenize.apply(PixelUnshuffle(factor: 2), [image], name: "latents"))
        var denoise = Graph(name: FourMFunction.denoise())
        let x = try denoise.addInput("x", TensorType(.f32, [batch, channels, 2 * .symbol("uh"), 2 * .symbol("uw")]))
        _ = try denoise.addInput("timestep", TensorType(.f32, [batch]))
        let condition = try denoise.addInput("cond", TensorType(.f32, [batch, 4, .symbol("gh"), .symbol("gw")]))
        let number = TensorType(.f32, [1])
        let scaled = try denoise.apply(Binary<Mul>(), [x, denoise.constant("w", number)], name: "w")
        let mean = try denoise.apply(Reduce<ReduceMean>(axes: [1, 2, 3], keepDims: true), [condition], name: "mean")
        let shift = try denoise.apply(Binary<Mul>(), [mean, denoise.constant("v", number)], name: "v")
        try denoise.addOutput("prediction", denoise.apply(Binary<Add>(), [scaled, shift], name: "sum"))
        for function in [tokenize, denoise] { module.setFunction(function) }
        module.metadata[.channels] = .int(1)
        module.metadata[.patchSize] = .ints([2, 2])
        var diffusion: Attributes = [:]
        diffusion[.scheduler] = .string("ddpm")
        diffusion[.betaSchedule] = .string("squaredcos_cap_v2")
        diffusion[.trainingSteps] = .int(10)
        diffusion[.zeroTerminalSNR] = .bool(true)
        diffusion[.sizeMultiple] = .int(2)
        module.metadata[.diffusion] = .dictionary(diffusion)
        return module
    }

    private static func settings() throws -> QuantizerSettings {
        try QuantizerSettings(
            Config(
                .dict([
                    "latent_dim": .int(4), "codebook_size": .int(3), "norm_codes": .bool(false), "threshold_ema_dead_code": .int(0),
                    "commitment_weight": .double(0.5),
                ]), file: "test"))
    }

    private static func run(_ objective: DiffusionObjective) throws -> [String: Tensor] {
        let made = try objective.added(to: module(), settings()).keeping(functions: [DiffusionObjective.function])
        let request = GradientRequest(
            function: DiffusionObjective.function, parameters: ["v", "w"].map { NamePattern(exactly: $0) }, keepsResults: true)
        let whole = try PassManager.run(made, .gradient(request, stage: made.stage)).module
        let inputs = [
            "clean": Tensor(clean.map { Float($0) }, shape), "noise": Tensor(noise.map { Float($0) }, shape),
            "timesteps": Tensor(integers: steps, [2]),
        ]
        return try Interpreter.run(whole, GradientRequest.functionPrefix + DiffusionObjective.function, inputs)
    }

    /// What the loss of a target is, from the formulas of the paper.
    private struct Formula {
        let signal, share: [Double]
        /// Mean of the codes of each sample.
        let condition: [Double]

        func loss(_ target: DiffusionTarget, _ kind: ReconstructionLoss, _ w: Double, _ v: Double) -> Double {
            let losses = clean.indices.map { index -> Double in
                let row = index / 16
                let (a, s, x, e) = (signal[row], share[row], clean[index], noise[index])
                let noisy = a * x + s * e
                let output = w * noisy + v * condition[row]
                switch target {
                case .sample: return distance(output - x, kind)
                case .epsilon: return distance(output - e, kind)
                case .v: return distance(output - (a * e - s * x), kind)
                case .noiseOfV: return distance(a * output + s * noisy - e, kind)
                }
            }
            return losses.reduce(0, +) / Double(losses.count)
        }

        private func distance(_ d: Double, _ kind: ReconstructionLoss) -> Double {
            switch kind {
            case .mse: d * d
            case .l1: abs(d)
            default: abs(d) < 1 ? d * d / 2 : abs(d) - 0.5
            }
        }
    }

    @Test(arguments: DiffusionTarget.allCases, DiffusionObjective.reconstructions)
    func eachTargetAndLoss(_ target: DiffusionTarget, _ kind: ReconstructionLoss) throws {
        let found = try Self.run(DiffusionObjective(target: target, kind, codebookWeight: 2, showsValues: true))
        let noisy = try #require(found["noisy"]).doubles
        // The last of 10 steps is noise alone.
        for index in 16..<32 { #expect(abs(noisy[index] - Self.noise[index]) < 1e-6) }
        let codes = try #require(found["tokens"]).integers
        let means = (0..<2).map { row -> Double in
            let own = codes[row * 4..<row * 4 + 4].flatMap { code in Array(Self.book[code * 4..<code * 4 + 4]) }
            return own.reduce(0, +) / 16
        }
        let table = try NoiseShares(Self.module().metadata.section(.diffusion))
        let formula = Formula(
            signal: Self.steps.map { table.signal.doubles[$0] }, share: Self.steps.map { table.noise.doubles[$0] }, condition: means)
        let (w, v, h) = (Self.w, Self.v, 1e-4)
        func loss(_ w: Double, _ v: Double) -> Double { formula.loss(target, kind, w, v) }
        expect(found["loss.reconstruction"], loss(w, v))
        let code = try #require(found["loss.code"]?.doubles.first)
        expect(found["loss"], loss(w, v) + 2 * code)
        expect(found["grad.w"], (loss(w + h, v) - loss(w - h, v)) / (2 * h))
        expect(found["grad.v"], (loss(w, v + h) - loss(w, v - h)) / (2 * h))
    }

    @Test func aFrozenEncoderHasNoLossAndLeavesTheCodebook() throws {
        let frozen = try Self.run(DiffusionObjective(isEncoderFrozen: true))
        let trained = try Self.run(DiffusionObjective())
        #expect(frozen["loss.code"]?.doubles == [0])
        #expect(frozen.keys.allSatisfy { !$0.hasPrefix(CodebookKey.prefix) })
        #expect(trained[CodebookKey.embed.key] != nil)
        #expect(frozen["loss.reconstruction"] == trained["loss.reconstruction"])
    }

    private func expect(_ found: Tensor?, _ expected: Double) {
        let value = found?.doubles.first ?? .nan
        #expect(abs(value - expected) < 2e-5 * max(abs(expected), 1), "\(value), not \(expected)")
    }
}

@Suite("Draws of diffusion") struct DiffusionDrawsTests {
    @Test func timestepsAndNoiseBelongToTheirSamples() {
        let draws = DiffusionDraws(trainingSteps: 7, dropout: ConditionDropout(share: 0.5))
        let random = CounterRandom(seed: 3)
        func batch(_ first: Int, _ count: Int) -> [String: Tensor] {
            draws.inputs([count, 1, 2, 2], grid: (2, 2)) { random.substream(UInt64(first + $0)) }
        }
        let (whole, half) = (batch(0, 200), batch(100, 100))
        #expect(Set(whole["timesteps"]?.integers ?? []) == Set(0..<7))
        #expect(whole["timesteps"]?.integers.suffix(100) == half["timesteps"]?.integers[...])
        #expect(whole["noise"]?.floats.suffix(400) == half["noise"]?.floats[...])
        let hidden = whole["cond_mask"]?.integers ?? []
        let samples = stride(from: 0, to: hidden.count, by: 4).map { Set(hidden[$0..<$0 + 4]) }
        #expect(samples.allSatisfy { $0.count == 1 })
        #expect((60...140).contains(samples.filter { $0 == [1] }.count))
    }

    @Test func singleTokensAreHidden() {
        let dropout = ConditionDropout(share: 1, hidesTokens: true, least: 2, most: 5)
        let counts = (0..<300).map { dropout.mask(16, CounterRandom(seed: 5).substream($0)).filter { !$0 }.count }
        #expect(Set(counts) == Set(2...5))
        #expect(ConditionDropout(share: 0, hidesTokens: true).mask(4, CounterRandom(seed: 1)) == [false, false, false, false])
        #expect(ConditionDropout(share: 1, hidesTokens: true, least: 9).mask(4, CounterRandom(seed: 1)).allSatisfy { !$0 })
    }

    @Test func dropoutKeepsMeansAndNamesItsPlaces() throws {
        var denoise = Graph(name: "denoise")
        let x = try denoise.addInput("x", TensorType(.f32, [.symbol("n"), 4]))
        let weight = try denoise.constant("weight", TensorType(.f32, [4, 4]))
        let place = "decoder.mid_block.mid_block.0.mlp.fc2"
        try denoise.addOutput("y", denoise.apply(Linear(), [x, weight], name: place))
        let dropout = DenoiserDropout(rate: 0.25)
        let (graph, names) = try dropout.applied(to: denoise, named: "dropped")
        #expect(names == ["dropout.\(place)"] && graph.inputs.count == 2)
        let writer = LossWriter(Module(name: "m"))
        try writer.output("factors", dropout.factors("dropout.a", TensorType(.f32, [64, 64]), writer))
        let factors = try #require(try Interpreter.run(writer.result, LossWriter.function, [:])["factors"]).doubles
        #expect(Set(factors).count == 2 && factors.contains(0))
        #expect(abs(factors.reduce(0, +) / Double(factors.count) - 1) < 0.05)
    }
}
