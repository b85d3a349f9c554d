import Files
import Formats
import Foundation
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
        do { return try JSONDecoder().decode(CheckpointRecord.self, from: Data(bytes)) } catch {
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
