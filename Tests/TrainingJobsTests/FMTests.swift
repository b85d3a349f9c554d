import Files
import Formats
import Foundation
import IR
import Importers
import TestSupport
import Testing
import Training

@testable import FourMData
@testable import TrainingJobs

/// A training of 4M from its files to a model, on a data set that is made for it.
struct FMTests {
    /// A folder of captions and tokens, the files of a run, and outputs.
    private final class Place {
        let path: String
        static let demo = DemoBundle.folder

        init() throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-fm-\(UUID().uuidString)").path
            for number in 0..<8 {
                let ids = (0..<196).map { _ in number % 4 }
                try write(NumpyFile.encode(Tensor(integers: ids, [1, 196], as: .i16)), "data/tok_rgb/a/\(number).npy")
                let crop = CropSettings([.init(top: 0, left: 0, height: 224, width: 224)])
                try write(NumpyFile.encode(crop.tensor), "data/crop_settings/a/\(number).npy")
                let color = ["red", "blue", "green", "cyan"][number % 4]
                try write(Array("a \(color) sphere".utf8), "data/caption/a/\(number).txt")
            }
            try write(Array(run("").utf8), "run.yaml")
            try write(Array(data("caption-tok_rgb@224").utf8), "data.yaml")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ bytes: [UInt8], _ name: String) throws {
            let file = URL(fileURLWithPath: "\(path)/\(name)")
            try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }

        func run(_ more: String) -> String {
            """
            data_config: \(path)/data.yaml
            text_tokenizer_path: \(Place.demo)/text_tokenizer.json
            model: fm_tiny_6e_6d_swiglu_nobias
            architecture: {dim: 16, num_heads: 2, encoder_depth: 1, decoder_depth: 1}
            modality_overrides:
              caption: {vocab_size: 615, max_length: 16, max_tokens: 16}
              tok_rgb@224: {vocab_size: 32}
              tok_depth@224: {vocab_size: 32}
            num_input_tokens: 24
            num_target_tokens: 24
            batch_size: 4
            epoch_size: 24
            epochs: 2
            warmup_epochs: 0
            blr: 0.5
            dtype: float32
            fixed_eval: False
            \(more)
            """
        }

        func data(_ domains: String) -> String {
            """
            train:
              datasets:
                colors:
                  type: multimodal
                  in_domains: \(domains)
                  out_domains: \(domains)
                  input_alphas: "1.0"
                  target_alphas: "1.0"
                  data_path: '\(path)/data'
            val:
              datasets:
                colors: {}
            """
        }

        func task(_ assignments: [String] = []) throws -> FMTask {
            try FMTask(try FMOptions(file: "\(path)/run.yaml", setting: assignments))
        }

        func train(_ task: FMTask, _ output: String) throws -> TrainingReport {
            var settings = TrainingJobSettings(output: "\(path)/\(output)")
            settings.checkpointEvery = 6
            return try TrainingJob(task, settings, listener: Ear()).run()
        }
    }

    @Test func aModelLearnsAndIsWrittenAsTheReferenceHasIt() throws {
        let place = try Place()
        let task = try place.task()
        #expect(task.schedule.count == 12 && task.batchesPerEpoch == 6)
        let report = try place.train(task, "out")
        let first = try #require(try Trainer(task.function, task.settings).evaluated(task))
        let last = try #require(report.evaluation["loss"])
        #expect(last < 0.8 * first, "\(first) to \(last)")
        #expect(report.evaluation.keys.sorted() == ["colors/loss", "colors/loss.caption", "colors/loss.tok_rgb@224", "loss"])
        let checkpoint = try Checkpoint.open("\(place.path)/out/model")
        for key in [
            "decoder_embeddings.caption.mod_emb", "decoder_embeddings.tok_rgb@224.to_logits.weight", "encoder.0.norm1.bias", "mask_token",
            "encoder_embeddings.caption.pos_emb",
        ] { #expect(checkpoint.tensors[key] != nil, "\(key)") }
        #expect(
            checkpoint.tensors["decoder_embeddings.caption.to_logits.weight"]?.tensor
                == checkpoint.tensors["decoder_embeddings.caption.token_emb.weight"]?.tensor)
        #expect(try checkpoint.config.strings("domains_out") == ["caption", "tok_rgb@224"])
        _ = try FourMImporter.importModel(checkpoint)
    }

    /// With another modality, from a model that was trained without it.
    @Test func fineTuningTakesWhatFitsAndMakesTheRest() throws {
        let place = try Place()
        _ = try place.train(try place.task(), "first")
        for number in 0..<8 {
            let ids = Tensor(integers: (0..<196).map { _ in number }, [1, 196], as: .i16)
            try place.write(NumpyFile.encode(ids), "data/tok_depth/a/\(number).npy")
        }
        try place.write(Array(place.data("caption-tok_depth@224-tok_rgb@224").utf8), "data.yaml")
        let model = "\(place.path)/first/model"
        let task = try place.task(["finetune=\(model)", "train=['*tok_depth*', 'mask_token']", "freeze=*mod_emb"])
        #expect(task.notes.contains { $0.contains("new and start at random") && $0.contains("tok_depth@224") })
        #expect(task.function.parameters.allSatisfy { $0.contains("tok_depth") || $0 == "mask_token" } && !task.function.parameters.isEmpty)
        #expect(!task.function.parameters.contains { $0.hasSuffix("mod_emb") })
        let taken = try Checkpoint.open(model)
        for key in ["encoder.0.attn.qkv.weight", "encoder_embeddings.caption.token_emb.weight"] {
            #expect(task.function.module.constants[key]?.tensor == taken.tensors[key]?.tensor)
        }
        // The shape of the checkpoint.
        let own = try place.task(["finetune=\(model)", "model=checkpoint", "architecture=null"])
        #expect(own.function.module.constants["encoder.0.attn.qkv.weight"]?.type.staticShape == [48, 16])
        #expect(throws: (any Error).self) { try place.task(["finetune=\(model)", "architecture.dim=32"]) }
        #expect(throws: (any Error).self) { try place.task(["train=nothing.*"]) }
    }

    @Test func adaptersLearnAloneAndAreSavedApart() throws {
        let place = try Place()
        _ = try place.train(try place.task(), "first")
        let model = "\(place.path)/first/model"
        let task = try place.task(["finetune=\(model)", "lora_rank=2", "lora_scale=0.5", "lora_target=self_attn", "blr=0.05"])
        let layers = ["decoder.0.self_attn.proj", "decoder.0.self_attn.qkv", "encoder.0.attn.proj", "encoder.0.attn.qkv"]
        #expect(task.function.parameters.sorted() == layers.flatMap { ["\($0).lora_down.weight", "\($0).lora_up.weight"] })
        let before = try #require(try Trainer(task.function, task.settings).evaluated(task))
        let report = try place.train(task, "second")
        #expect(try #require(report.evaluation["loss"]) < before)
        let file = "\(place.path)/second/model/adapters.safetensors"
        #expect(try Checkpoint.open(file).adaptedLayers == layers)
        #expect(!FileManager.default.fileExists(atPath: "\(place.path)/second/model/model.safetensors"))
        // Merged into the model that they were trained for, they change these layers alone.
        let merged = try Checkpoint.open(model).merging(LoRASource(path: file, scale: 0.5))
        let base = try Checkpoint.open(model)
        let changed = base.tensors.filter { merged.tensors[$0.key]?.tensor != $0.value.tensor }.keys.sorted()
        #expect(changed == layers.map { "\($0).weight" })
        // What is named learns beside them, and is written with the model.
        let both = try place.task(["finetune=\(model)", "lora_rank=1", "train=mask_token"])
        #expect(both.function.parameters.contains("mask_token") && both.function.parameters.contains { $0.hasSuffix("lora_up.weight") })
        _ = try place.train(both, "third")
        let own = try Checkpoint.open("\(place.path)/third/model")
        #expect(own.tensors["encoder.0.attn.qkv.weight"] != nil && own.adaptedLayers.isEmpty)
        #expect(throws: (any Error).self) { try place.task(["lora_rank=2"]) }
        #expect(throws: (any Error).self) { try place.task(["finetune=\(model)", "lora_scale=2"]) }
        #expect(throws: (any Error).self) { try place.task(["finetune=\(model)", "lora_rank=40"]) }
    }

    /// Heads without targets, and layers of the first epochs, are left alone.
    @Test func whatHasNoGradientIsTold() throws {
        let place = try Place()
        let task = try place.task(["frozen_model_epochs=1", "architecture.share_embedding=False"])
        let (frozen, free) = (try task.batch(0), try task.batch(6))
        #expect(frozen.without.contains("encoder.0.attn.qkv.weight") && frozen.without.contains("decoder_norm.weight"))
        #expect(!frozen.without.contains("mask_token") && !frozen.without.contains("decoder_proj_context.weight"))
        #expect(!free.without.contains("encoder.0.attn.qkv.weight"))
        #expect(task.schedule.learningRates[0] == task.schedule.learningRates[5])
        let captions = try place.task(["architecture.share_embedding=False", "num_target_tokens=1", "batch_size=1"])
        let batches = try (0..<20).map { try captions.batch($0) }
        #expect(batches.contains { $0.without == ["decoder_embeddings.tok_rgb@224.to_logits.weight"] || $0.without.count == 2 })
        #expect(batches.allSatisfy { $0.amount == 25 })
    }

    @Test func aRunSaysWhatItPassesOver() throws {
        let place = try Place()
        try place.write(Array(place.run("log_wandb: True\nuse_act_checkpoint: True").utf8), "run.yaml")
        let notes = try place.task(["dtype=bf16"]).notes
        #expect(notes.contains { $0.contains("log_wandb is passed over: of Weights & Biases") })
        #expect(notes.contains { $0.contains("use_act_checkpoint") } && notes.contains { $0.contains("bfloat16") })
        #expect(notes.contains("colors: 8 samples"))
        try place.write(Array("train: {}".utf8), "data.yaml")
        #expect(throws: (any Error).self) { try place.task() }
    }
}

extension Trainer {
    /// The loss of the evaluation sets.
    fileprivate func evaluated(_ task: FMTask) throws -> Double? { try task.evaluate(self)["loss"] }
}
