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

/// A training of a diffusion tokenizer from ml-4m's file to a model, on pictures that are made for it.
struct DiVAETests {
    /// A folder of pictures, the file of a run, and outputs.
    private final class Place {
        let path: String

        static let unet = """
            decoder_type: unet_patched
            dec_args: {patch_size: 2, model_channels: 32, num_res_blocks: 1, attention_resolutions: [], channel_mult: [1]}
            prediction_type: sample
            cls_free_guidance_dropout: 0.0
            """

        static let uvit = """
            decoder_type: uvit_b_p4_f16
            dec_args:
              {patch_size: 4, block_out_channels: [32], layers_per_block: 1, mid_num_heads: 2, mid_dim: 16, mid_mlp_ratio: 2, mid_layers: 1,
               mid_hw_posemb: 4, downsample_before_mid: True, res_embedding: True}
            prediction_type: v_prediction
            beta_schedule: shifted_cosine:0.5
            resolution_cond: True
            cls_free_guidance_dropout: 0.5
            """

        init(_ decoder: String) throws {
            path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-divae-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: "\(path)/data/rgb/a", withIntermediateDirectories: true)
            for number in 0..<6 {
                let samples = (0..<40 * 36 * 3).map { UInt8(truncatingIfNeeded: $0 / 7 * (number + 3)) }
                try ByteImage(width: 40, height: 36, channels: 3, samples: samples).writePNG(to: "\(path)/data/rgb/a/\(number).png")
            }
            let text = """
                run_name: auto
                encoder_type: vit_s_enc
                enc_args: {dim_tokens: 16, depth: 1, num_heads: 2}
                patch_size: 8
                input_size_min: 16
                input_size_max: 32
                resolution_step: 16
                input_size_eval: 16
                codebook_size: 16
                latent_dim: 4
                num_train_timesteps: 20
                num_eval_timesteps: 2
                loss_fn: smooth_l1
                batch_size: 2
                epochs: 2
                warmup_epochs: 0
                blr: 0.1
                dtype: fp32
                model_ema_decay: 0.9
                num_logged_images: 2
                domain: rgb
                data_path: \(path)/data
                eval_data_path: \(path)/data
                log_wandb: False
                """
            try Data((text + "\n" + decoder + "\n").utf8).write(to: URL(fileURLWithPath: "\(path)/run.yaml"))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func task(_ assignments: [String] = []) throws -> DiVAETask {
            try DiVAETask(try DiVAEOptions(file: "\(path)/run.yaml", setting: assignments))
        }

        @discardableResult
        func train(_ task: DiVAETask, _ output: String, resumes: Bool = false, steps: Int = .max) throws -> TrainingReport {
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
    }

    @Test(arguments: [("unet", Place.unet), ("uvit", Place.uvit)])
    func aDecoderIsTrainedAndGenerates(_ name: String, _ decoder: String) throws {
        let place = try Place(decoder)
        let task = try place.task()
        #expect(task.schedule.count == 6 && task.sizes.sides == [16, 32])
        let report = try place.train(task, "out")
        #expect(report.evaluation.keys.contains("16/loss.reconstruction") && report.evaluation.keys.contains("32/codebook_usage"))
        let checkpoint = try Checkpoint.open("\(place.path)/out/model")
        let module = try FourMImporter.importModel(checkpoint)
        #expect(module.function(FourMFunction.denoise(masked: true)) != nil)
        #expect(checkpoint.tensors["quantize._codebook.cluster_size"] != nil)
        #expect((checkpoint.tensors["decoder.downsample_mid.Conv2d_0.weight"] != nil) == (name == "uvit"))
        #expect(try place.tensors("out/model/average") != place.tensors("out/model"))
        let sheets = OutputFolder.names(in: "\(place.path)/out/samples").filter { !$0.hasPrefix(".") }
        #expect(!sheets.isEmpty)
    }

    @Test func aFrozenEncoderStaysAsItIs() throws {
        let place = try Place(Place.unet)
        try place.train(try place.task(), "first")
        try place.train(try place.task(["freeze_enc=True", "encoder_ckpt=\(place.path)/first/model", "input_size_enc=32"]), "second")
        let (first, second) = (try place.tensors("first/model"), try place.tensors("second/model"))
        for (key, tensor) in first {
            let isFrozen = ["encoder.", "quantize.", "quant_proj."].contains(where: key.hasPrefix)
            if isFrozen { #expect(second[key] == tensor, "\(key)") }
        }
        #expect(first["decoder.out.2.weight"] != second["decoder.out.2.weight"])
    }

    @Test func aStoppedTrainingGoesOnWithTheSameBits() throws {
        let place = try Place(Place.uvit)
        try place.train(try place.task(), "whole")
        try place.train(try place.task(), "parts", steps: 4)
        try place.train(try place.task(), "parts", resumes: true)
        #expect(try place.tensors("whole/model") == place.tensors("parts/model"))
    }

    @Test func sizesThatTheDecoderCannotHalveAreRefused() throws {
        let place = try Place(Place.unet)
        #expect(throws: (any Error).self) { try place.task(["resolution_step=12"]) }
        #expect(throws: (any Error).self) { try place.task(["prediction_type=x0"]) }
        #expect(throws: (any Error).self) { try place.task(["loss_fn=cross_entropy"]) }
    }

    /// Decoders begin as what gives zeros.
    @Test(arguments: [("decoder.out.2.weight", Place.unet), ("decoder.up_blocks.0.resnets.0.conv2.weight", Place.uvit)])
    func newDecodersBeginAsTheReferencesDo(_ zeros: String, _ decoder: String) throws {
        let tensors = try Place(decoder).task().start.tensors
        #expect(tensors[zeros]?.tensor?.floats.allSatisfy { $0 == 0 } == true)
        let others = ["decoder.time_embed.0.bias", "decoder.mid_block.mid_proj_in.weight"].compactMap { tensors[$0]?.tensor }
        #expect(others.count == 1 && others.allSatisfy { $0.floats.contains { $0 != 0 } })
    }
}
