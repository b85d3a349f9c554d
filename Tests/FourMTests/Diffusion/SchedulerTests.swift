import Foundation
import IR
import Testing

@testable import Conformance
@testable import FourMSampling

@Suite struct SchedulerTests {
    @Test(needsShared)
    func goldenSchedulers() throws {
        let outcome = SchedulerConformance.run(
            caseJSON: try SchedulingGoldens.json("diffusion/schedulers/case.json"),
            inputs: try SchedulingGoldens.arrays("diffusion/schedulers/inputs.safetensors"),
            outputs: try SchedulingGoldens.arrays("diffusion/schedulers/outputs.safetensors"))
        #expect(outcome.failures.isEmpty)
        #expect(outcome.checks == 605)
        #expect(outcome.largestError < 2e-5)
    }

    struct PNDMRun: Sendable {
        var count: Int
        var mode: TimestepMode
        var schedule: BetaSchedule
        var prediction: PredictionType
        var skips = false
        var alphaToOne = false
        var result: [Float]
    }

    /// Results of the reference's `scheduling_pndm.py`, run with NumPy in torch's place, for the model
    /// 0.3 x + t / 1000 * (1, -1, 0.5) and the start (0.5, -1.25, 2).
    static let pndmRuns = [
        PNDMRun(
            count: 6, mode: .leading, schedule: .linear, prediction: .epsilon,
            result: [-3.0358245, -3.4314046, 13.572285]),
        PNDMRun(
            count: 8, mode: .leading, schedule: .squaredCosine, prediction: .v, skips: true,
            result: [-0.1292560, -0.30440176, 0.9472401]),
        PNDMRun(
            count: 7, mode: .trailing, schedule: .scaledLinear, prediction: .v, alphaToOne: true,
            result: [-0.1672702, -0.22338271, 0.8278884]),
        PNDMRun(
            count: 5, mode: .linspace, schedule: .linear, prediction: .epsilon, skips: true, alphaToOne: true,
            result: [-1.4055796, -4.937017, 14.09661]),
    ]

    @Test(arguments: pndmRuns)
    func pndmFollowsTheReference(run: PNDMRun) throws {
        var configuration = SchedulerConfiguration(kind: .pndm)
        configuration.betaSchedule = run.schedule
        configuration.prediction = run.prediction
        configuration.skipPRKSteps = run.skips
        configuration.setAlphaToOne = run.alphaToOne
        var scheduler = try PNDMScheduler(configuration)
        for _ in 0..<2 {
            var sample: [Float] = [0.5, -1.25, 2]
            for timestep in try scheduler.timesteps(count: run.count, mode: run.mode) {
                let time = Float(timestep) / 1000
                let output = zip(sample, [1, -1, 0.5] as [Float]).map { 0.3 * $0 + time * $1 }
                try scheduler.step(modelOutput: output, timestep: timestep, sample: &sample)
            }
            for (value, reference) in zip(sample, run.result) {
                #expect(abs(value - reference) <= 2e-4 * max(1, abs(reference)))
            }
        }
    }

    /// A network that always tells the true noise leads every scheduler back to the image, where the timesteps are as
    /// far apart as the scheduler takes them to be (linspace's are not).
    @Test(arguments: SchedulerKind.allCases, [TimestepMode.leading, .trailing])
    func truthLeadsToTheImage(kind: SchedulerKind, mode: TimestepMode) throws {
        var configuration = SchedulerConfiguration(kind: kind)
        configuration.prediction = .epsilon
        configuration.betaSchedule = .squaredCosine
        configuration.zeroTerminalSNR = false
        configuration.setAlphaToOne = true
        var scheduler = try configuration.makeScheduler(kind)
        let image: [Float] = [0.5, -0.75, 0.1, 0.9]
        let noise = CounterRandom(seed: 2).normals(4)
        let alphas = scheduler.noiseTable.alphasCumprod
        let list = try scheduler.timesteps(count: 8, mode: mode)
        let first = alphas[list[0]]
        var sample = zip(image, noise).map { first.squareRoot() * $0 + (1 - first).squareRoot() * $1 }
        for timestep in list {
            let alpha = alphas[timestep]
            let truth = zip(sample, image).map { ($0 - alpha.squareRoot() * $1) / (1 - alpha).squareRoot() }
            let output = kind == .ddpm ? truth : noise
            let added = CounterRandom(seed: 3).substream(UInt64(timestep)).normals(4)
            try scheduler.step(
                modelOutput: output, timestep: timestep, sample: &sample, noise: kind == .ddpm ? added : nil)
        }
        for (value, reference) in zip(sample, image) { #expect(abs(value - reference) < 0.02) }
    }

    @Test func thresholdingTreatsEachItemOnItsOwn() throws {
        var configuration = SchedulerConfiguration(kind: .ddim)
        configuration.prediction = .sample
        configuration.thresholding = true
        configuration.sampleMaxValue = 10
        configuration.thresholdingRatio = 1
        var scheduler = try DDIMScheduler(configuration)
        _ = try scheduler.timesteps(count: 1, mode: .leading)
        let next = try scheduler.step(
            modelOutput: [4, -2, 0.5, 0.25], timestep: 0, sample: [0, 0, 0, 0], batch: 2)
        for (value, expected) in zip(next, [1, -0.5, 0.5, 0.25] as [Float]) { #expect(abs(value - expected) < 1e-6) }
    }

    @Test(arguments: VarianceType.allCases)
    func varianceTypes(type: VarianceType) throws {
        var configuration = SchedulerConfiguration(kind: .ddpm)
        configuration.prediction = .sample
        configuration.clipSample = false
        configuration.zeroTerminalSNR = false
        configuration.variance = type
        var scheduler = try DDPMScheduler(configuration)
        _ = try scheduler.timesteps(count: 10)
        let alphas = scheduler.noiseTable.alphasCumprod.map(Double.init)
        let (alpha, before) = (alphas[500], alphas[400])
        let large = 1 - alpha / before
        let small = (1 - before) / (1 - alpha) * large
        let deviation =
            switch type {
            case .fixedSmall, .fixedSmallLog: small.squareRoot()
            case .fixedLarge, .fixedLargeLog: large.squareRoot()
            case .learned: 0.2
            case .learnedRange: (small.squareRoot() * large.squareRoot()).squareRoot()
            }
        let isLearned = type == .learned || type == .learnedRange
        let output: [Float] = isLearned ? [0, 0, type == .learned ? 0.04 : 0, type == .learned ? 0.04 : 0] : [0, 0]
        let next = try scheduler.step(modelOutput: output, timestep: 500, sample: [0, 0], noise: [1, -2])
        #expect(abs(Double(next[0]) - deviation) < 1e-5 && abs(Double(next[1]) + 2 * deviation) < 1e-5)
        if isLearned {
            #expect(throws: SchedulerError.learnedVarianceMissing(timestep: 500)) {
                _ = try scheduler.step(modelOutput: [0, 0], timestep: 500, sample: [0, 0], noise: [1, 1])
            }
        }
    }

    @Test func customTimesteps() throws {
        var configuration = SchedulerConfiguration(kind: .ddpm)
        configuration.variance = .fixedLarge
        var custom = try DDPMScheduler(configuration)
        var regular = custom
        let list = try regular.timesteps(count: 4)
        try custom.useTimesteps(list)
        for timestep in list {
            let arguments: ([Float], [Float], [Float]) = ([0.3, -0.2], [1, 0.5], [0.1, 0.2])
            let a = try custom.step(
                modelOutput: arguments.0, timestep: timestep, sample: arguments.1, noise: arguments.2)
            let b = try regular.step(
                modelOutput: arguments.0, timestep: timestep, sample: arguments.1, noise: arguments.2)
            #expect(a == b)
        }
        #expect(throws: SchedulerError.self) { try custom.useTimesteps([10, 20]) }
    }

    @Test func configurationsSurviveJSON() throws {
        var configuration = SchedulerConfiguration(kind: .pndm)
        configuration.betaSchedule = .shiftedCosine(shift: 0.5)
        configuration.timestepSpacing = .trailing
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(SchedulerConfiguration.self, from: data) == configuration)
    }

    @Test func refusesWhatIsNotSupported() throws {
        func make(_ kind: SchedulerKind, _ keywords: [String: Any]) throws -> any DiffusionScheduler {
            try SchedulerConfiguration(kind: kind, keywords: keywords).makeScheduler(kind)
        }
        for (kind, keywords) in [
            (.pndm, ["prediction_type": "sample"]), (.pndm, ["beta_schedule": "shifted_cosine:1.0"]),
            (.ddim, ["beta_schedule": "sigmoid"]), (.ddim, ["beta_schedule": "shifted_cosine:-1"]),
            (.ddpm, ["num_train_timesteps": 1]), (.ddpm, ["trained_betas": [0.1, 0.2]]), (.ddim, ["speed": 3]),
            (.ddim, ["clip_sample_range": -1.0]), (.ddpm, ["variance_type": "huge"]), (.ddpm, ["beta_end": 1.5]),
        ] as [(SchedulerKind, [String: Any])] {
            #expect(throws: SchedulerError.self, "\(kind) \(keywords)") { try make(kind, keywords) }
        }
        var ddim = try DDIMScheduler()
        #expect(throws: SchedulerError.timestepsNotSet(.ddim)) {
            _ = try ddim.step(modelOutput: [0], timestep: 5, sample: [0])
        }
        #expect(throws: SchedulerError.inferenceSteps(scheduler: .ddim, count: 1001, allowed: "1 to 1000")) {
            try ddim.timesteps(count: 1001, mode: .leading)
        }
        _ = try ddim.timesteps(count: 10, mode: .leading)
        #expect(throws: SchedulerError.timestepOutOfRange(timestep: 1000, trainingSteps: 1000)) {
            _ = try ddim.step(modelOutput: [0], timestep: 1000, sample: [0])
        }
        #expect(throws: SchedulerError.shape(what: "model output", count: 2, expected: 1)) {
            _ = try ddim.step(modelOutput: [0, 1], timestep: 5, sample: [0])
        }
        var ddpm = try DDPMScheduler()
        #expect(throws: SchedulerError.noiseMissing(timestep: 5)) {
            _ = try ddpm.step(modelOutput: [0], timestep: 5, sample: [0])
        }
        var pndm = try make(.pndm, ["timestep_spacing": "leading"])
        #expect(throws: SchedulerError.self) { try pndm.timesteps(count: 10, mode: .trailing) }
        var epsilon = try make(.ddim, ["prediction_type": "epsilon", "clip_sample": false])
        let first = try epsilon.timesteps(count: 10, mode: .trailing)[0]
        #expect(throws: SchedulerError.epsilonAtZeroSignal(timestep: 999)) {
            _ = try epsilon.step(modelOutput: [0], timestep: first, sample: [1])
        }
    }
}
