import IR
import Runtime

/// Trains a function of a module: gradients of a batch, and what an optimizer makes of them.
///
/// Parameters, moments, averages and accumulated gradients are memory that the runtime updates in place. Equal batches give equal bits, on
/// any number of threads. A trainer serves one thread at a time.
package final class Trainer {
    /// What is trained; data of what the trainer keeps itself are left out of the module.
    package let function: TrainedFunction
    package let settings: TrainerSettings
    /// Of its kernels; nil for the default of the process.
    package let threads: Int?
    /// Sums gradients over processes, where there are several.
    package var exchange: (any GradientExchange)?

    let gradient: GradientFunction
    let optimizer: Optimizer
    /// In the order of the groups.
    let order: [TrainedParameter]
    let byKey: [String: TrainedParameter]
    let bufferStates: [String: StateTensor]
    /// Of f32 buffers.
    let bufferAverages: [String: StateTensor]
    /// Batches and updates so far.
    package internal(set) var batches = 0
    package internal(set) var updates = 0
    /// Batches of the update at hand so far, and the values of the schedules at its first.
    var pending = 0
    package internal(set) var rates = (learningRate: 0.0, weightDecay: 0.0)

    /// - Throws: ``TrainingError`` for parameters and buffers that are no constants of the module, and settings that cannot be; `PassError` for
    ///   operators without a derivative, and a loss that depends on no parameter.
    package init(_ function: TrainedFunction, _ settings: TrainerSettings = TrainerSettings(), threads: Int? = nil) throws {
        try settings.check()
        guard !function.parameters.isEmpty else {
            throw TrainingError("no parameter of function '\(function.name)' is to be trained; put some into a group")
        }
        (self.settings, self.threads) = (settings, threads)
        optimizer = try Optimizer(settings.algorithm, threads: threads)
        gradient = try GradientFunction(function, settings.products, threads: threads)
        order = try Trainer.parameters(function, settings)
        byKey = Dictionary(uniqueKeysWithValues: order.map { ($0.key, $0) })
        bufferStates = try Trainer.buffers(function)
        bufferAverages =
            settings.averageDecay == nil ? [:] : bufferStates.filter { $0.value.dtype == .f32 }.mapValues { StateTensor($0.snapshot()) }
        self.function = function.withoutData(of: Set(byKey.keys).union(bufferStates.keys))
    }

    private static func parameters(_ function: TrainedFunction, _ settings: TrainerSettings) throws -> [TrainedParameter] {
        var seen: Set<String> = []
        return try function.groups.enumerated().flatMap { index, group in
            try group.parameters.map { key in
                guard seen.insert(key).inserted else { throw TrainingError("parameter '\(key)' is in two groups; leave it in one") }
                guard let constant = function.module.constants[key] else {
                    throw TrainingError("the module has no constant '\(key)'; leave it out of the parameter groups")
                }
                return try TrainedParameter(
                    constant, group: index, moments: settings.algorithm.moments, isAveraged: settings.averageDecay != nil)
            }
        }
    }

    private static func buffers(_ function: TrainedFunction) throws -> [String: StateTensor] {
        let trained = Set(function.parameters)
        var made: [String: StateTensor] = [:]
        for key in function.buffers {
            guard !trained.contains(key) else { throw TrainingError("'\(key)' is both a buffer and a parameter; leave one of them out") }
            guard let tensor = function.module.constants[key]?.tensor else {
                throw TrainingError("the module has no constant '\(key)' with data, which a buffer begins with")
            }
            made[key] = StateTensor(tensor)
        }
        return made
    }

    /// Results, and gradients as `grad.KEY`, of one batch. Nothing is updated.
    /// - Throws: as `Session.run`.
    package func gradients(_ inputs: [String: Tensor]) throws -> [String: Tensor] {
        try gradient.evaluate(inputs, parameters: byKey, buffers: bufferStates, seed: seed)
    }

    /// Parameters that the loss depends on; the others never have a gradient.
    package var differentiated: Set<String> { gradient.differentiated }

    /// That of the random numbers of the batch at hand.
    var seed: UInt64 { CounterRandom(seed: function.seed).substream(UInt64(batches)).stream }
}

extension TrainedFunction {
    /// The same with types alone of the constants `keys`.
    fileprivate func withoutData(of keys: Set<String>) -> TrainedFunction {
        var made = self
        for key in keys {
            guard let constant = module.constants[key] else { continue }
            made.module.setConstant(Constant(key: key, type: constant.type, bytes: nil))
        }
        return made
    }
}

extension TrainerSettings {
    /// - Throws: ``TrainingError`` for what is out of range.
    fileprivate func check() throws {
        guard accumulation >= 1 else { throw TrainingError("an update of \(accumulation) batches cannot be; give 1 or more") }
        for (name, norm) in [("norm to clip to", clipNorm), ("norm to skip from", skipNorm)] {
            guard let norm else { continue }
            guard norm > 0, norm < .infinity else { throw TrainingError("the \(name) is \(norm); give a number above 0, or none") }
        }
        guard averageInterval >= 1 else { throw TrainingError("averages of every \(averageInterval) batches cannot be; give 1 or more") }
        guard let averageDecay else { return }
        guard (0...1).contains(averageDecay) else {
            throw TrainingError("the decay of averages is \(averageDecay); give a number from 0 to 1")
        }
    }
}
