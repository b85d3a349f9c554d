import Files
import Formats
import Inspect
import Training

/// The checkpoints of a training: `checkpoints/step-00000500`, … in its output, the newest few, and `best/step-…`, the model of the best evaluation.
/// Each is there as a whole or not at all.
struct CheckpointFolder {
    let output: String
    /// How many of the newest stay.
    let keep: Int

    static let name = "checkpoints"
    static let best = "best"

    init(_ output: String, keep: Int) { (self.output, self.keep) = (output, max(keep, 1)) }

    private var folder: String { FilePath.join(output, CheckpointFolder.name) }
    private var bestFolder: String { FilePath.join(output, CheckpointFolder.best) }

    var samples: String { FilePath.join(output, "samples") }

    /// Makes the folders, and removes what a killed run left half done.
    func prepare() throws {
        for folder in [folder, bestFolder] {
            try Folders.make(folder)
            OutputFolder.removeAbandoned(in: folder)
        }
        for folder in [output, samples] { OutputFolder.removeAbandoned(in: folder) }
    }

    static func name(_ step: Int) -> String { "step-" + String(repeating: "0", count: max(0, 8 - "\(step)".count)) + "\(step)" }

    private static func step(_ name: String) -> Int? {
        guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step >= 0, CheckpointFolder.name(step) == name else { return nil }
        return step
    }

    /// Steps of which there is a checkpoint, the oldest first.
    var steps: [Int] { OutputFolder.names(in: folder).compactMap(CheckpointFolder.step).sorted() }

    func path(_ step: Int) -> String { FilePath.join(folder, CheckpointFolder.name(step)) }

    /// The newest checkpoint that can be read; one that cannot is told of and passed over.
    /// - Throws: what reading the only ones threw.
    func newest(warn: (String) -> Void) throws -> (record: CheckpointRecord, state: TrainerState)? {
        var failure: (any Error)?
        for step in steps.reversed() {
            do {
                let record = try CheckpointRecord.read(path(step))
                return (record, try record.state(in: path(step)))
            } catch {
                failure = failure ?? error
                warn("checkpoint \(path(step)) cannot be used: \(error); the one before it is taken")
            }
        }
        if let failure { throw failure }
        return nil
    }

    /// Writes a checkpoint, then removes those beyond ``keep``. If it cannot be written, all that was there is there still.
    /// - Parameter model: writes what users load into a folder.
    func write(_ record: CheckpointRecord, _ state: TrainerState, model: (String) throws -> Void) throws {
        try OutputFolder.writeWhole(path(record.step)) { temporary in
            try record.write(state, to: temporary)
            try CheckpointFolder.writeModel(to: temporary, model)
        }
        for step in steps.dropLast(keep) where step != record.step { try OutputFolder.withdraw(path(step)) }
    }

    /// Puts the model of the best evaluation in place of an earlier one.
    func writeBest(_ best: Int, model: (String) throws -> Void) throws {
        let path = FilePath.join(bestFolder, CheckpointFolder.name(best))
        try OutputFolder.writeWhole(path, model)
        for name in OutputFolder.names(in: bestFolder) {
            if let step = CheckpointFolder.step(name), step != best { try OutputFolder.withdraw(FilePath.join(bestFolder, name)) }
        }
    }

    private static func writeModel(to folder: String, _ write: (String) throws -> Void) throws {
        let path = FilePath.join(folder, CheckpointRecord.model)
        try Folders.make(path)
        try write(path)
    }
}
