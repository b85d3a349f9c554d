import IR
import Testing

@testable import Training

/// Optimizers against `torch.optim` 2.x: three updates, with a batch between the second and the third in which w has no gradient.
@Suite struct OptimizerTests {
    private static let gradients: [[Float]] = [
        [0.1, -0.2, 0.3, 0, 1e-4], [-0.5, 0.25, 0.125, 2, -1e-3], [0.01, 0.02, -0.03, -1, 0.5], [1, -1, 0.5, -0.5, 0.25],
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        let algorithm: OptimizerAlgorithm
        let learningRate, weightDecay: Double
        let weights: [Double]
        let moments: [String: [Double]]
        var testDescription: String { "\(algorithm)" }
    }

    static let cases = [
        Case(
            algorithm: .adamW(beta1: 0.9, beta2: 0.95, epsilon: 1e-8), learningRate: 0.01, weightDecay: 0.05,
            weights: [0.49165043234825134, -1.2341784238815308, 1.9688235521316528, -0.011371791362762451, -0.7584230899810791],
            moments: [
                "exp_avg": [0.06310000270605087, -0.09369999915361404, 0.08555000275373459, 0.1300000101327896, 0.024918099865317345],
                "exp_avg_sq": [
                    0.062326252460479736, 0.05477375164628029, 0.017303436994552612, 0.20250000059604645, 0.0031250480096787214,
                ],
            ]),
        Case(
            algorithm: .adam(beta1: 0.9, beta2: 0.999, epsilon: 1e-6), learningRate: 0.01, weightDecay: 0.1,
            weights: [0.49070507287979126, -1.2295284271240234, 1.9706182479858398, -0.011468907818198204, -0.731512188911438],
            moments: [
                "exp_avg": [0.07650947570800781, -0.12734943628311157, 0.13946330547332764, 0.12992559373378754, 0.004883099813014269],
                "exp_avg_sq": [
                    0.0013270919444039464, 0.0013838507002219558, 0.000841621367726475, 0.00424674479290843, 4.254718078300357e-05,
                ],
            ]),
        Case(
            algorithm: .sgd(), learningRate: 0.1, weightDecay: 0.05,
            weights: [0.43238717317581177, -1.1364179849624634, 1.8780115842819214, -0.14900000393390656, -0.7637165188789368],
            moments: [:]),
        Case(
            algorithm: .sgd(momentum: 0.9), learningRate: 0.1, weightDecay: 0.05,
            weights: [0.45387470722198486, -1.1086418628692627, 1.7897214889526367, -0.32899999618530273, -0.753889799118042],
            moments: [
                "momentum_buffer": [0.6993781328201294, -1.1036440134048462, 1.1197850704193115, 1.2899999618530273, 0.14827117323875427]
            ]),
        Case(
            algorithm: .sgd(momentum: 0.9, isNesterov: true), learningRate: 0.1, weightDecay: 0.05,
            weights: [0.39077162742614746, -1.0096724033355713, 1.689923882484436, -0.44338998198509216, -0.7673410177230835],
            moments: [
                "momentum_buffer": [0.7005112171173096, -1.1023787260055542, 1.1155586242675781, 1.2809998989105225, 0.14874491095542908]
            ]),
    ]

    @Test(arguments: cases) func itDoesWhatPyTorchDoes(_ item: Case) throws {
        let function = TrainedFunction(
            try Models.linear(), name: "main", groups: [ParameterGroup(weightDecay: 1, parameters: ["w"])])
        let trainer = try Trainer(function, TrainerSettings(algorithm: item.algorithm))
        for (index, gradient) in Self.gradients.enumerated() {
            _ = try trainer.step(
                ["g": Tensor(gradient, [5]), "h": Tensor([0], [1])], learningRate: item.learningRate, weightDecay: item.weightDecay,
                without: index == 2 ? ["w"] : [])
        }
        #expect(isClose(trainer.parameters["w"], item.weights))
        for (name, values) in item.moments { #expect(isClose(trainer.state.tensors["\(name).w"], values), "\(name)") }
        #expect(trainer.state.integers["step.w"] == 3)
    }

    private func isClose(_ tensor: Tensor?, _ expected: [Double]) -> Bool {
        guard let values = tensor?.doubles, values.count == expected.count else { return false }
        return zip(values, expected).allSatisfy { abs($0 - $1) <= 2e-7 + 2e-6 * abs($1) }
    }

    @Test func clippingScalesAllGradientsToOneNorm() throws {
        let function = TrainedFunction(
            try Models.linear(), name: "main", groups: [ParameterGroup(parameters: ["w"]), ParameterGroup(parameters: ["v"])])
        let trainer = try Trainer(function, TrainerSettings(algorithm: .sgd(), clipNorm: 0.5))
        let before = trainer.parameters
        let outcome = try trainer.step(
            ["g": Tensor(Self.gradients[3], [5]), "h": Tensor([2], [1])], learningRate: 1, weightDecay: 0)
        #expect(abs((outcome.gradientNorm ?? 0) - 2.5617) < 1e-4 && outcome.isUpdated)
        // What `torch.nn.utils.clip_grad_norm_` leaves of them.
        let clipped = ["w": [0.19517993927, -0.19517993927, 0.09758996964, -0.09758996964, 0.04879498482], "v": [0.39035987854]]
        for (key, gradient) in clipped {
            let (old, new) = (before[key]?.doubles ?? [], trainer.parameters[key]?.doubles ?? [])
            #expect(zip(zip(old, new), gradient).allSatisfy { abs($0.0 - $0.1 - $1) < 1e-6 } && new.count == gradient.count)
        }
    }

    @Test func smallGradientsAreNotScaled() throws {
        let function = TrainedFunction(try Models.linear(), name: "main", groups: [ParameterGroup(parameters: ["w"])])
        let inputs = ["g": Tensor(Self.gradients[0], [5]), "h": Tensor([0], [1])]
        let results = try [nil, 10.0].map { norm in
            let trainer = try Trainer(function, TrainerSettings(algorithm: .sgd(), clipNorm: norm))
            _ = try trainer.step(inputs, learningRate: 0.5, weightDecay: 0)
            return trainer.parameters
        }
        #expect(results[0] == results[1])
    }

    @Test func numbersOutOfRangeAreRefused() throws {
        let function = TrainedFunction(try Models.linear(), name: "main", groups: [ParameterGroup(parameters: ["w"])])
        let wrong = [
            TrainerSettings(algorithm: .adamW(beta1: 1)), TrainerSettings(algorithm: .adamW(epsilon: -1)),
            TrainerSettings(algorithm: .sgd(momentum: 1)), TrainerSettings(algorithm: .sgd(isNesterov: true)),
            TrainerSettings(accumulation: 0), TrainerSettings(clipNorm: 0), TrainerSettings(skipNorm: .infinity),
            TrainerSettings(averageDecay: 1.5), TrainerSettings(averageDecay: 0.9, averageInterval: 0),
        ]
        for settings in wrong { #expect(throws: TrainingError.self, "\(settings)") { try Trainer(function, settings) } }
    }
}
