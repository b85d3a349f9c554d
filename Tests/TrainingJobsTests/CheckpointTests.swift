import Files
import Formats
import Foundation
import Inspect
import Testing
import Training

@testable import TrainingJobs

@Suite struct CheckpointTests {
    @Test func theNewestAndTheBestStay() throws {
        let shop = try Workshop()
        var options = try shop.options(steps: 20)
        options.evaluationData = shop.file("data.npz")
        var settings = shop.settings()
        settings.keep = 3
        settings.evaluateEvery = 2
        let report = try shop.train(options, settings)
        #expect(shop.names("out/checkpoints") == ["step-00000012", "step-00000016", "step-00000020"])
        let best = try #require(report.bestStep)
        #expect(shop.names("out/best") == [CheckpointFolder.name(best)])
        #expect(shop.names("out/best/\(CheckpointFolder.name(best))") == ["mlp.ir", "mlp.ir.safetensors"])
        #expect(shop.names("out/model") == ["mlp.ir", "mlp.ir.safetensors"])
        #expect(report.model == shop.file("out/model") && report.checkpoint == shop.file("out/checkpoints/step-00000020"))
        let losses = try TrainingLog.read(shop.file("out/log.jsonl")).compactMap { $0.values["evaluation/loss"] }
        #expect(losses.count == 10 && losses.min() == report.bestLoss)
        // The model that is written is the one that was trained.
        #expect(try shop.bytes("out/model/mlp.ir.safetensors") == shop.bytes("out/checkpoints/step-00000020/model/mlp.ir.safetensors"))
        #expect(try shop.bytes("out/model/mlp.ir.safetensors") != shop.bytes("mlp.ir.safetensors"))
    }

    /// Killed while it wrote a checkpoint, a run leaves a folder of a temporary name.
    @Test func whatAKilledRunLeftGoes() throws {
        let shop = try Workshop()
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 4 }
        for place in ["out/checkpoints", "out/best", "out"] {
            let left = shop.file("\(place)/.tessera-99999999-abc.part")
            try Folders.make(left)
            try OutputFile.write("half", to: left + "/state.safetensors")
        }
        settings.resumes = true
        try shop.train(shop.options(), settings)
        for place in ["out/checkpoints", "out/best", "out"] { #expect(!shop.names(place).contains { $0.hasSuffix(".part") }) }
    }

    @Test func aDamagedCheckpointIsPassedOver() throws {
        let shop = try Workshop()
        try shop.train(shop.options(), shop.settings("whole"))
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 8 }
        try OutputFile.write("no tensors", to: shop.file("out/checkpoints/step-00000008/state.safetensors"))
        settings.resumes = true
        let ear = Ear()
        try shop.train(shop.options(), settings, ear)
        #expect(ear.says("step-00000008 cannot be used") && ear.says("goes on after batch 4 of 12"))
        let name = "checkpoints/step-00000012/state.safetensors"
        #expect(try shop.bytes("out/" + name) == shop.bytes("whole/" + name))
    }

    /// A checkpoint that cannot be written ends the run, and the one before it is as it was.
    @Test func whatCannotBeWrittenHarmsNothing() throws {
        let shop = try Workshop()
        var settings = shop.settings()
        try shop.train(shop.options(), settings) { $0 >= 4 }
        let before = try shop.bytes("out/checkpoints/step-00000004/state.safetensors")
        settings.resumes = true
        let task = FailingTask(inner: try GraphTask(shop.options()) { _ in })
        let error = #expect(throws: OutputError.self) { try TrainingJob(task, settings, listener: Ear()).run { false } }
        #expect(error?.cause == .resources && error?.description.contains("the checkpoint after batch 4 is whole") == true)
        #expect(shop.names("out/checkpoints") == ["step-00000004"])
        #expect(try shop.bytes("out/checkpoints/step-00000004/state.safetensors") == before)
    }

    /// A batch that cannot be read ends the run with a checkpoint of what is done.
    @Test func aBatchThatCannotBeReadLosesNothing() throws {
        let shop = try Workshop()
        let task = FailingTask(inner: try GraphTask(shop.options()) { _ in }, failsAt: 6)
        #expect(throws: WorkError.self) { try TrainingJob(task, shop.settings(), listener: Ear()).run { false } }
        #expect(shop.names("out/checkpoints") == ["step-00000004", "step-00000006"])
    }

    @Test func oneRunAtATime() throws {
        let shop = try Workshop()
        let settings = shop.settings()
        try Folders.make(settings.output)
        let lock = try RunLock(settings.output + "/.training.lock", for: settings.output)
        let error = #expect(throws: OutputError.self) { try shop.train(shop.options(), settings) }
        #expect(error?.description.contains("is being written by another run") == true)
        withExtendedLifetime(lock) {}
    }

    @Test func numbersThatCannotBeAreRefused() throws {
        let shop = try Workshop()
        for change in [
            { (settings: inout TrainingJobSettings) in settings.keep = 0 }, { $0.checkpointEvery = 0 }, { $0.logEvery = 0 },
            { $0.evaluateEvery = -1 }, { $0.prefetch = 0 },
        ] as [(inout TrainingJobSettings) -> Void] {
            var settings = shop.settings()
            change(&settings)
            let error = #expect(throws: WorkError.self) { try shop.train(shop.options(), settings) }
            #expect(error?.cause == .request)
        }
        #expect(shop.names("out").isEmpty)
        var settings = shop.settings()
        settings.output = shop.file("data.npz")
        #expect(throws: OutputError.self) { try shop.train(shop.options(), settings) }
    }
}

/// A task whose model cannot be written, or whose batch `failsAt` cannot be read.
private struct FailingTask: TrainingTask {
    let inner: GraphTask
    var failsAt: Int?

    var kind: String { inner.kind }
    var function: TrainedFunction { inner.function }
    var settings: TrainerSettings { inner.settings }
    var schedule: BatchSchedule { inner.schedule }
    var identity: [String: String] { inner.identity }

    func batch(_ step: Int) throws -> GraphBatch {
        if step == failsAt { throw WorkError("sample 7 cannot be read", .content) }
        return try inner.batch(step)
    }

    func inputs(of batch: GraphBatch, step: Int) throws -> StepInputs { try inner.inputs(of: batch, step: step) }

    func writeModel(_ trainer: Trainer, to folder: String) throws {
        if failsAt != nil { return try inner.writeModel(trainer, to: folder) }
        try OutputFile.write("a part", to: folder + "/part")
        throw CheckpointError(.unwritable, file: folder + "/mlp.ir.safetensors", "cannot be written: No space left on device")
    }
}
