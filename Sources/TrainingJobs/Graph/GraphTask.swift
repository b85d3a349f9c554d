import IR
import Inspect
import Names
import Passes
import Runtime
import Training

/// Trains a function of any ONNX model or text of the IR.
package struct GraphTask: TrainingTask {
    package let kind = "graph"
    package let function: TrainedFunction
    package let settings: TrainerSettings
    package let schedule: BatchSchedule
    package let identity: [String: String]

    private let model: GraphModel
    /// The function of the model whose result makes the loss.
    private let name: String
    private let data: RowData
    private let evaluationData: RowData?
    private let order: RowOrder
    private let averages: Bool
    /// Inputs with their types.
    private let inputs: [Signature.Item]
    /// Batches of an epoch.
    package var batchesPerEpoch: Int { order.batchesPerEpoch }

    /// - Parameter note: is told what is left out or converted.
    /// - Throws: ``WorkError`` for options and data that do not fit the model, `PassError` for an operator without a derivative.
    package init(_ options: GraphOptions, note: (String) -> Void) throws {
        model = try GraphModel(options.model)
        name = try model.function(options.function)
        let plain = try options.loss.added(to: model.module, calling: name, targetShape: nil)
        let first = try RowData(options.data, wanted: GraphTask.inputs(of: plain), note: note)
        let module = try options.loss.added(to: model.module, calling: name, targetShape: first.arrays[options.loss.target]?.shape)
        inputs = GraphTask.inputs(of: module)
        let inputs = inputs
        data = try first.converted(to: inputs, note: note)
        evaluationData = try options.evaluationData.map {
            try RowData($0, wanted: inputs, note: note).converted(to: inputs, note: note)
        }
        let trained = try TrainedWeights(options.parameters, model, module)
        function = TrainedFunction(module, name: LossFormula.function, groups: trained.groups, seed: options.seed)
        order = try RowOrder(count: data.count, batch: options.batch, ranks: options.ranks, rank: options.rank, seed: options.seed)
        let steps = try GraphTask.steps(options.length, order.batchesPerEpoch)
        (settings, schedule) = (options.settings, try options.schedule(steps))
        identity = options.identity(data, trained.keys, steps: steps)
        averages = options.averageDecay != nil
    }

    private static func inputs(of module: Module) -> [Signature.Item] {
        module.function(LossFormula.function)?.signature.inputs ?? []
    }

    private static func steps(_ length: GraphOptions.Length, _ perEpoch: Int) throws -> Int {
        switch length {
        case .steps(let count): return count
        case .epochs(let count):
            let (steps, isTooLarge) = count.multipliedReportingOverflow(by: perEpoch)
            guard !isTooLarge else { throw WorkError("\(count) epochs of \(perEpoch) batches are too many") }
            return steps
        }
    }

    package func batch(_ step: Int) throws -> GraphBatch {
        let rows = order.rows(step)
        return GraphBatch(rows: rows, tensors: data.batch(rows))
    }

    package func inputs(of batch: GraphBatch, step: Int) throws -> StepInputs {
        var inputs = StepInputs(batch.tensors, amount: batch.rows.count)
        inputs.samples = batch.rows.map { "row \($0)" }
        return inputs
    }

    /// The mean loss over the samples of the evaluation data.
    package func evaluate(_ trainer: Trainer) throws -> [String: Double] {
        guard let evaluationData else { return [:] }
        let module = try trainer.module(averaged: averages).keeping(functions: [LossFormula.function])
        let session = Session(try Plan(PassManager.run(module, .clean).module))
        var (sum, count) = (0.0, 0)
        for start in stride(from: 0, to: evaluationData.count, by: order.batch) {
            let rows = Array(start..<min(start + order.batch, evaluationData.count))
            let loss = try session.run(LossFormula.function, evaluationData.batch(rows))["loss"]?.doubles.first ?? .nan
            sum += loss * Double(rows.count)
            count += rows.count
        }
        return ["loss": sum / Double(count)]
    }

    package func writeModel(_ trainer: Trainer, to folder: String) throws {
        try model.write(trainer.module(), function: name, to: folder)
        if averages { try model.write(trainer.module(averaged: true), function: name, to: folder, suffix: ".average") }
    }
}

/// Samples by their places in the data.
package struct GraphBatch: Sendable {
    let rows: [Int]
    let tensors: [String: Tensor]
}
