import Testing

@testable import FourMTraining
@testable import Training

@Suite("Training schedules and parameter groups")
struct TrainingScheduleTests {
    private let length = TrainingSchedule.Length(epochs: 2, stepsPerEpoch: 4)

    @Test func cosinesBeginWithTheWarmup() throws {
        let values = try TrainingSchedule.cosine(base: 1, end: 0, length, warmup: .init(steps: 3)).values
        #expect(values.count == 8 && values[0...3] == [0, 0.5, 1, 1])
        // One step short of the end.
        #expect(values[7] > 0 && values[7] < 0.1)
        #expect(zip(values[3...], values[4...]).allSatisfy { $0 > $1 })
    }

    @Test func stepsWinOverEpochs() throws {
        let epochs = try TrainingSchedule.cosine(base: 1, end: 0, length, warmup: .init(epochs: 1))
        let steps = try TrainingSchedule.cosine(base: 1, end: 0, length, warmup: .init(epochs: 7, steps: 4))
        #expect(epochs == steps)
    }

    @Test func inverseSquareRootsCoolDown() throws {
        let values = try TrainingSchedule.inverseSquareRoot(base: 1, end: 0, length, cooldown: .init(steps: 3), timescale: 3).values
        #expect(values.count == 8 && values[0] == 1 && abs(values[3] - 0.5.squareRoot()) < 1e-15)
        #expect(values[5] == values[4] && values[7] == 0)
    }

    @Test func runsThatCannotBeAreRefused() {
        #expect(throws: TrainingScheduleError.self) { try TrainingSchedule.cosine(base: 1, end: 0, length, warmup: .init(steps: 9)) }
        #expect(throws: TrainingScheduleError.self) {
            try TrainingSchedule.inverseSquareRoot(base: 1, end: 0, length, warmup: .init(epochs: 1), cooldown: .init(epochs: 1))
        }
        #expect(throws: TrainingScheduleError.self) { try TrainingSchedule.inverseSquareRoot(base: 1, end: 0, length, timescale: 0) }
        for (epochs, steps) in [(-1, 4), (4, -1), (Int.max, 2), (1 << 20, 1 << 20)] {
            #expect(throws: TrainingScheduleError.self) { try TrainingSchedule.constant(1, .init(epochs: epochs, stepsPerEpoch: steps)) }
        }
        var options = RunSchedules.Options(baseLearningRate: 1, batch: 4, epochs: 2, stepsPerEpoch: 2)
        options.frozenEpochs = 3
        #expect(throws: TrainingScheduleError.self) { try RunSchedules(options) }
    }

    @Test func ratesGrowWithTheBatch() throws {
        var options = RunSchedules.Options(baseLearningRate: 1e-4, batch: 64, epochs: 3, stepsPerEpoch: 5)
        options.accumulation = 2
        options.processes = 4
        options.frozenEpochs = 1
        options.frozenBaseLearningRate = 2e-4
        let run = try RunSchedules(options)
        #expect(run.totalBatch == 512 && abs(run.learningRate - 2e-4) < 1e-18)
        #expect(run.learningRates.values.count == 15 && run.learningRates.values[4] == run.frozenLearningRate)
        #expect(run.weightDecays.values == Array(repeating: 0.05, count: 15))
    }

    @Test func parametersAreSortedIntoGroups() {
        var grouping = ParameterGrouping(weightDecay: 0.1)
        grouping.decoderWeightDecay = 0.2
        grouping.undecayed = ["mask_token"]
        grouping.decoderNames = ["decoder_proj_context.weight"]
        let groups = grouping.groups([
            "encoder.0.attn.qkv.weight", "_fsdp_wrapped_module.encoder.0.norm1.weight", "decoder.0.mlp.fc1.weight", "mask_token",
            "decoder_proj_context.weight", "decoder_proj_context.bias", "encoder.0.gamma",
        ])
        #expect(groups.map(\.weightDecay) == [0.1, 0, 0.2])
        #expect(groups[1].parameters == ["encoder.0.norm1.weight", "mask_token", "decoder_proj_context.bias", "encoder.0.gamma"])
        #expect(groups[2].parameters == ["decoder.0.mlp.fc1.weight", "decoder_proj_context.weight"])
        #expect(groups[0].values(learningRate: 0.5, weightDecay: 0.3) == (0.5, 0.3))
        #expect(groups[1].values(learningRate: 0.5, weightDecay: 0.3) == (0.5, 0))
    }

    @Test func layersDecayTowardsTheInput() {
        let layers = LayerDecay(0.5, encoderLayers: 2, decoderLayers: 1)
        #expect(layers.scales == [0.0625, 0.125, 0.25, 0.5, 1])
        let names = [
            "encoder_embeddings.caption.mod_emb", "encoder.1.attn.qkv.weight", "decoder_embeddings.caption.mod_emb",
            "decoder.0.norm1.weight",
            "decoder_norm.weight", "encoder_norm.weight", "encoder.x.weight", "encoder.99999999999999999999.w",
        ]
        #expect(names.map(layers.layer) == [0, 2, 2, 3, 4, 4, 4, 4])
        var grouping = ParameterGrouping(weightDecay: 0.1, layerDecay: layers)
        grouping.unscaled = ["encoder.0.mlp.fc1.weight"]
        let groups = grouping.groups(["encoder.0.mlp.fc1.weight", "encoder.0.mlp.fc2.weight"])
        #expect(groups.map(\.learningRateScale) == [1, 0.125])
    }
}
