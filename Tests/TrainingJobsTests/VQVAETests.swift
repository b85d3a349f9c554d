import Files
import Formats
import Foundation
import FourMData
import IR
import Importers
import Media
import TestSupport
import Testing
import Training

@testable import TrainingJobs

/// A training of a VQ-VAE from ml-4m's file to a model, on data that are made for it.
struct VQVAETests {
    /// A folder of data, the file of a run, and outputs.
    private final class Place {
        let path: String

        static let pictures = """
            encoder_type: vit_s_enc
            decoder_type: vit_s_dec
            enc_args: {dim_tokens: 16, depth: 1, num_heads: 2}
            dec_args: {dim_tokens: 16, depth: 1, num_heads: 2}
            patch_size: 8
            input_size_min: 16
            input_size_max: 32
            resolution_step: 16
            input_size_eval: 24
            codebook_size: 16
            latent_dim: 4
            coef_ema_dead_code: 2.0
            """

        static let vectors = """
            encoder_type: BottleneckMLP/B_1-Wi_16
            decoder_type: BottleneckMLP/B_1-Wi_16
            codebook_size: 8
            latent_dim: 8
            num_codebooks: 2
            quantizer_type: memcodes
            """

        init(_ domain: String, _ model: String = Place.pictures, loss: String = "mse") throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-vqvae-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: "\(path)/data/\(domain)/a", withIntermediateDirectories: true)
            for number in 0..<6 { try Place.write(domain, number, to: "\(path)/data/\(domain)/a/\(number)") }
            let text = """
                run_name: auto
                loss_fn: \(loss)
                batch_size: 2
                epochs: 2
                warmup_epochs: 0
                blr: 0.1
                dtype: fp32
                model_ema_decay: 0.9
                clip_grad: 1.0
                domain: \(domain)
                data_path: \(path)/data
                eval_data_path: \(path)/data
                log_wandb: False
                """
            try Data((text + "\n" + model + "\n").utf8).write(to: URL(fileURLWithPath: "\(path)/run.yaml"))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        private static func write(_ domain: String, _ number: Int, to path: String) throws {
            switch domain {
            case "rgb":
                let samples = (0..<40 * 36 * 3).map { UInt8(truncatingIfNeeded: $0 / 7 * (number + 3)) }
                try ByteImage(width: 40, height: 36, channels: 3, samples: samples).writePNG(to: path + ".png")
            case "semseg_coco":
                let samples = (0..<40 * 36).map { UInt8($0 / 40 / (number + 2)) }
                try ByteImage(width: 40, height: 36, channels: 1, samples: samples).writePNG(to: path + ".png")
            default:
                let values = (0..<207).map { Float(($0 * (number + 5)) % 17) / 17 }
                try NumpyFile.write(Tensor(values, [207]), to: path + ".npy")
            }
        }

        func task(_ assignments: [String] = []) throws -> VQVAETask {
            try VQVAETask(try VQVAEOptions(file: "\(path)/run.yaml", setting: assignments))
        }

        @discardableResult
        func train(_ task: VQVAETask, _ output: String, resumes: Bool = false, steps: Int = .max) throws -> TrainingReport {
            var settings = TrainingJobSettings(output: "\(path)/\(output)")
            (settings.checkpointEvery, settings.resumes) = (3, resumes)
            var asked = 0
            return try TrainingJob(task, settings, listener: Ear()).run {
                defer { asked += 1 }
                return asked >= steps
            }
        }

        func tensors(_ model: String) throws -> [String: Tensor] {
            try SafeTensorsFile(path: "\(path)/\(model)/model.safetensors").byName.compactMapValues(\.tensor)
        }

        func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)")) }
    }

    @Test func aTokenizerOfPicturesIsTrained() throws {
        let place = try Place("rgb")
        let task = try place.task()
        #expect(task.schedule.count == 6 && task.sizes?.sides == [16, 32])
        // 2 pictures of 3 · 3 tokens for 16 codes, by 2.
        #expect(task.tokenizer.quantizer.deadBelow == 0.5625)
        let report = try place.train(task, "out")
        for side in [16, 24, 32] { #expect(report.evaluation.keys.contains("\(side)/loss.reconstruction")) }
        let (made, start) = (try place.tensors("out/model"), task.start.tensors.compactMapValues(\.tensor))
        #expect(Set(made.keys) == Set(start.keys))
        let moved = made.keys.filter { made[$0] != start[$0] }
        #expect(moved.contains("quantize._codebook.embed") && moved.contains("quantize._codebook.cluster_size"))
        #expect(Set(made.keys).subtracting(moved) == ["encoder.pos_emb", "decoder.pos_emb", "quantize._codebook.initted"])
        let module = try FourMImporter.importModel(Checkpoint.open("\(place.path)/out/model"))
        #expect(module.function(FourMFunction.tokenize) != nil && module.function(FourMFunction.detokenize) != nil)
        #expect(try place.tensors("out/model/average") != made)
        #expect(OutputFolder.names(in: "\(place.path)/out/samples").contains { !$0.hasPrefix(".") })
    }

    @Test(arguments: [[], ["kmeans_init=True", "codebook_size=6"], ["norm_codes=False", "code_replacement_policy=linde_buzo_gray"]])
    func aStoppedTrainingGoesOnWithTheSameBits(_ assignments: [String]) throws {
        let place = try Place("rgb")
        try place.train(try place.task(assignments), "whole")
        try place.train(try place.task(assignments), "parts", steps: 4)
        try place.train(try place.task(assignments), "parts", resumes: true)
        let whole = try place.tensors("whole/model")
        #expect(try whole == place.tensors("parts/model"))
        #expect(whole["quantize._codebook.initted"]?.doubles == [1])
        #expect((whole["quantize._codebook.embed_avg"] != nil) == (assignments.first == "norm_codes=False"))
    }

    @Test func classIDsAreTrainedOn() throws {
        let place = try Place("semseg_coco", loss: "cross_entropy")
        let task = try place.task()
        let report = try place.train(task, "out")
        #expect((report.loss ?? 0) > 1)
        #expect(try place.tensors("out/model")["cls_emb.weight"] != task.start.tensors["cls_emb.weight"]?.tensor)
    }

    @Test func vectorsAreTrainedOnWithGradientsOfTheirCodes() throws {
        let place = try Place("human_poses", Place.vectors, loss: "smooth_l1")
        let task = try place.task()
        let report = try place.train(task, "out")
        #expect(report.evaluation.keys.contains("loss.reconstruction"))
        let made = try place.tensors("out/model")
        for key in ["quantize.codes", "quantize.to_k.weight", "quantize.to_v.weight"] {
            #expect(made[key] != task.start.tensors[key]?.tensor)
        }
    }

    @Test func featuresOfAnotherNetworkAreCompared() throws {
        let place = try Place("rgb")
        try place.write(
            """
            module @features stage(imported) {
              func @main(%x: f32[b, 3, 24, 24]) -> (all: f32[b, 3, 24, 24]) {
                %0 = tanh(%x) : f32[b, 3, 24, 24] "first"
                %1 = square(%0) : f32[b, 3, 24, 24] "second"
                return %1
              }
            }
            """, to: "network.ir")
        let common = ["percept_loss_weight=0.5", "percept_loss_type=\(place.path)/network.ir"]
        for distance in ["cosine", "l1"] {
            let own = common + ["percept_loss_blocks=first-all", "percept_loss_distance=\(distance)"]
            let report = try place.train(try place.task(own), distance)
            #expect((report.evaluation["32/loss.perceptual"] ?? 0) > 0)
        }
        #expect(throws: (any Error).self) { try place.task(common + ["percept_loss_blocks=third"]) }
        #expect(throws: (any Error).self) {
            try place.task(["percept_loss_weight=1.0", "percept_loss_type=vit_base_patch16_clip_224.openai"])
        }
    }

    @Test func aFrozenEncoderStaysAsItIs() throws {
        let place = try Place("rgb")
        try place.train(try place.task(), "first")
        let own = ["freeze_enc=True", "full_ckpt=\(place.path)/first/model", "input_size_max=16"]
        #expect(try place.task(own).start.notes.first?.contains("tensors are taken") == true)
        try place.train(try place.task(own), "second")
        let (first, second) = (try place.tensors("first/model"), try place.tensors("second/model"))
        for (key, tensor) in first where key.hasPrefix("quant") || key.hasPrefix("encoder.blocks") {
            #expect(second[key] == tensor, "\(key)")
        }
        #expect(first["decoder.out_proj.weight"] != second["decoder.out_proj.weight"])
    }

    @Test(arguments: [
        "codebok_size=4", "loss_fn=cross_entropy", "loss_fn=mae", "resolution_step=12", "domain=rbg", "batch_size=7",
        "percept_loss_weight=1.0",
        "encoder_type=vit_x_enc", "codebook_size=0",
    ])
    func whatCannotBeIsRefused(_ assignment: String) throws {
        let place = try Place("rgb")
        #expect(throws: (any Error).self) { try place.task([assignment]) }
    }
}
