import Files
import Formats
import Foundation
import Inspect
import Training

/// What a checkpoint says beside its tensors: `state.json`.
struct CheckpointRecord: Codable, Equatable, Sendable {
    /// Of the layout of checkpoints.
    var version = 1
    var kind: String
    /// Batches done.
    var step: Int
    /// Tokens or samples so far.
    var amount: Int
    /// What a run that goes on must have in common.
    var identity: [String: String]
    /// Integers of the trainer's state.
    var integers: [String: Int]
    /// Figures of the evaluation at this step.
    var figures: [String: Double]
    /// The lowest loss of an evaluation so far, and after how many batches.
    var best: Best?

    struct Best: Codable, Equatable, Sendable {
        var step: Int
        var loss: Double
    }

    static let name = "state.json"
    static let tensors = "state.safetensors"
    /// The folder with what users load.
    static let model = "model"

    /// - Throws: `InputError`; ``WorkError`` for what is no such record.
    static func read(_ folder: String) throws -> CheckpointRecord {
        let path = FilePath.join(folder, name)
        let bytes = try InputFile.bytes(path)
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do { return try decoder.decode(CheckpointRecord.self, from: Data(bytes)) } catch {
            throw CheckpointError(.malformed, file: path, "it is no record of a training's checkpoint")
        }
    }

    /// The trainer's state in `folder`.
    /// - Throws: `CheckpointError`.
    func state(in folder: String) throws -> TrainerState {
        let file = try SafeTensorsFile(path: FilePath.join(folder, CheckpointRecord.tensors))
        return TrainerState(tensors: file.byName.compactMapValues(\.tensor), integers: integers)
    }

    /// Writes the record and `tensors` into `folder`.
    /// - Throws: `CheckpointError`, `OutputError`.
    func write(_ state: TrainerState, to folder: String) throws {
        try SafeTensorsWriter.write(state.tensors, metadata: ["format": "tessera"], to: FilePath.join(folder, CheckpointRecord.tensors))
        try OutputFile.write(JSONWriter.text(self, isPretty: true) + "\n", to: FilePath.join(folder, CheckpointRecord.name))
    }
}

extension CheckpointRecord {
    /// That `task` may go on from it.
    /// - Throws: ``WorkError`` naming the first option that differs.
    func check(_ task: some TrainingTask, at path: String) throws {
        guard version == 1 else {
            throw WorkError("\(path) is of version \(version) of checkpoints, which is newer than this program", .content)
        }
        guard kind == task.kind else { throw WorkError("\(path) is of a training of kind '\(kind)', not '\(task.kind)'", .content) }
        for name in Set(identity.keys).union(task.identity.keys).sorted() where identity[name] != task.identity[name] {
            let (old, new) = (identity[name] ?? "none", task.identity[name] ?? "none")
            throw WorkError("\(path) was made with \(name) \(old), not \(new); give the same, or another output", .content)
        }
        guard step <= task.schedule.count else {
            throw WorkError("\(path) is after batch \(step), beyond the \(task.schedule.count) of this run; give more steps", .content)
        }
    }
}
