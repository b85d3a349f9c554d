import FourMCodecs
import FourMModels
import FourMSettings

/// Samples whose inputs cannot be used.
extension Generator {
    /// What a batch's samples are given.
    struct BatchInputs {
        var given: ModalitySet
        var conditions: [Batch.Condition]
        /// Results with what was given, a row for each sample.
        var results: [GenerationResult]
    }

    /// The inputs of `batch`. Where one of them is at fault, `onFault` hears of its sample, which leaves the batch; nil if none is left.
    /// - Throws: what reading throws, if nobody is to hear of faults, or if it concerns all samples.
    func read(
        _ batch: inout Batch, _ values: [String: [InputValue]], _ onFault: ((Int, any Error) throws -> Void)?
    ) throws -> BatchInputs? {
        do {
            return try batch.read(values)
        } catch  where onFault != nil && FileByFile.isFault(error) {
            try batch.readShared(values)
            var faulty: Set<Int> = []
            for sample in Set(batch.keys.map(\.sample)).sorted() {
                var alone = batch
                alone.keys = batch.keys.filter { $0.sample == sample }.prefix(1).map { $0 }
                do {
                    _ = try alone.read(values)
                } catch  where FileByFile.isFault(error) {
                    faulty.insert(sample)
                    try onFault?(sample, error)
                }
            }
            if faulty.isEmpty { throw error }
            batch.keys.removeAll { faulty.contains($0.sample) }
            return batch.keys.isEmpty ? nil : try batch.read(values)
        }
    }
}

extension Generator.Batch {
    /// Reads what all samples have in common: inputs and masks of one value.
    func readShared(_ values: [String: [InputValue]]) throws {
        let reader = reader()
        for input in request.inputs {
            if let all = values[input.modality], all.count == 1 { _ = try reader.read(input.modality, all) }
        }
        for (index, condition) in request.conditions.enumerated() {
            let all = request.conditionValues?[index] ?? condition.values.map { .given($0) }
            if all.count == 1 { _ = try reader.read(condition.modality, all) }
        }
        try reader.check(request.masks)
    }
}
