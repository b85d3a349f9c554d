import Names

/// What a file of ml-4m tells of a tokenizer's training, of VQ-VAE and DiVAE alike (`cfgs/default/tokenization/**`).
///
/// Missing keys have the values of `run_training_vqvae.py` and `run_training_divae.py`.
package struct TokenizerRunSettings: Sendable, Hashable {
    package enum Optimizer: String, Sendable, Hashable, CaseIterable { case adamw, adam, sgd, nesterov, momentum }

    package var runName: String?
    package var seed: UInt64

    // The model.
    package var encoderType, decoderType: String
    package var patchSize: Int
    /// Of the encoder's position table, in pixels; nil: that of the largest pictures.
    package var encoderSize: Int?
    package var hasPostMLP: Bool
    /// A checkpoint whose encoder and quantizer are taken, and one whose decoder is taken as well.
    package var encoderCheckpoint, fullCheckpoint: String?
    package var isEncoderFrozen: Bool

    // The quantizer.
    package var quantizer: Quantizer

    // Pictures.
    package var domain: String
    /// Classes of a segmentation, and channels of what the encoder is given, where they are not the domain's; of this program alone.
    package var labels, channels: Int?
    /// Sides that the pictures of a batch may have.
    package var sizes: [Int]
    /// Side that pictures are cut to, before they get that of their batch.
    package var largestSize: Int
    package var flipShare, smallestCrop: Double
    /// What takes the place of pixels that a mask calls invalid; the tokenizer then takes the mask as one more channel.
    package var maskValue: Double?
    package var isImageNetStandardized, standardizesNormals: Bool
    package var dataPath: String
    package var evaluationPath: String?
    package var usesShards: Bool
    /// Samples of an epoch; nil: those that there are.
    package var datasetSize: Int?
    package var evaluationSizes: [Int]
    package var evaluationSamples: Int?
    package var shownSamples: Int

    // The run.
    package var lossName: String
    package var codebookWeight: Double
    package var batch, accumulation, epochs: Int
    package var evaluationBatch: Int?
    package var optimizer: Optimizer
    package var epsilon: Double
    package var betas: [Double]
    package var momentum: Double
    package var clipNorm, skipNorm: Double?
    package var weightDecay: Double
    package var weightDecayEnd: Double?
    package var baseRate, smallestRate: Double
    package var warmupEpochs, warmupSteps: Int
    package var dtype: String
    /// Weight of the old in moving averages of the weights; nil for none.
    package var averageDecay: Double?
    package var averageInterval: Int
    /// Keys of which nothing comes here, with the reason.
    package var passedOver: [String]

    /// Arguments of `VectorQuantizerLucid` and `Memcodes` in fourm/vq/quantizers.
    package struct Quantizer: Sendable, Hashable {
        package var kind: String
        package var codes, latent, codebooks: Int
        package var normalizesCodes, normalizesLatents: Bool
        package var averageDecay: Double
        /// A code is dead if it is found this many times as rarely as if all were found alike.
        package var deadCoefficient: Double
        package var replacement: String
        package var commitment: Double
        package var startsWithMeans: Bool
    }
}

extension TokenizerRunSettings {
    /// - Parameters:
    ///   - decoderType: what the script takes where the file has none.
    ///   - warmupEpochs: likewise.
    /// - Throws: `SettingsError` naming file, line and key.
    package init(_ section: SettingsSection, decoderType: String, warmupEpochs: Int) throws(SettingsError) {
        passedOver = section.keys.filter { TokenizerRunKeys.passedOver[$0] != nil }.sorted()
        runName = try section.text("run_name")
        seed = UInt64(try section.integer("seed", in: 0...Int.max) ?? 0)
        encoderType = try section.text("encoder_type") ?? "vit_s_enc"
        self.decoderType = try section.text("decoder_type") ?? decoderType
        patchSize = try section.integer("patch_size", in: 1...4096) ?? 16
        encoderSize = try section.integer("input_size_enc", in: 1...1 << 14)
        hasPostMLP = try section.flag("post_mlp") ?? true
        encoderCheckpoint = try section.path("encoder_ckpt")
        fullCheckpoint = try section.path("full_ckpt")
        isEncoderFrozen = try section.flag("freeze_enc") ?? false
        quantizer = try Quantizer(section)
        domain = try section.text("domain") ?? "rgb"
        labels = try section.integer("n_labels", in: 1...255)
        channels = try section.integer("n_channels", in: 1...65_536)
        (sizes, largestSize) = try TokenizerRunSettings.sizes(section)
        flipShare = try section.number("hflip", in: 0...1) ?? 0.5
        smallestCrop = try section.number("min_crop_scale", in: 0.0001...1) ?? 0.8
        maskValue = try section.number("mask_value", in: -1e6...1e6)
        isImageNetStandardized = try section.flag("imagenet_default_mean_and_std") ?? false
        standardizesNormals = try section.flag("standardize_surface_normals") ?? false
        dataPath = try section.required("data_path", try section.path("data_path"), why: "it says where the data are")
        evaluationPath = try section.path("eval_data_path")
        usesShards = try section.flag("use_wds") ?? false
        datasetSize = try section.integer("dataset_size", in: 1...Int.max)
        evaluationSizes = try TokenizerRunSettings.evaluationSizes(section)
        evaluationSamples = try section.integer("num_eval_metrics_samples", in: 1...Int.max)
        shownSamples = try section.integer("num_logged_images", in: 0...10_000) ?? 100
        lossName = try section.text("loss_fn") ?? "mse"
        codebookWeight = try section.number("codebook_weight", in: 0...1e9) ?? 1
        batch = try section.integer("batch_size", in: 1...1 << 20) ?? 256
        accumulation = try section.integer("accum_iter", in: 1...1 << 20) ?? 1
        epochs = try section.integer("epochs", in: 1...1 << 30) ?? 100
        evaluationBatch = try section.integer("batch_size_eval", in: 1...1 << 20)
        optimizer = try TokenizerRunSettings.optimizer(section)
        epsilon = try section.number("opt_eps", in: 0...1) ?? 1e-8
        betas = try section.numbers("opt_betas", count: 2, in: 0...0.999999999) ?? [0.9, 0.95]
        momentum = try section.number("momentum", in: 0...1) ?? 0.9
        clipNorm = try section.number("clip_grad", in: 0...Double.greatestFiniteMagnitude)
        skipNorm = try section.number("skip_grad", in: 0...Double.greatestFiniteMagnitude)
        weightDecay = try section.number("weight_decay", in: 0...1e6) ?? 0.05
        weightDecayEnd = try section.number("weight_decay_end", in: 0...1e6)
        baseRate = try section.number("blr", in: 0...1e6) ?? 1e-4
        smallestRate = try section.number("min_lr", in: 0...1e6) ?? 0
        self.warmupEpochs = try section.integer("warmup_epochs", in: -1 << 30...1 << 30) ?? warmupEpochs
        warmupSteps = try section.integer("warmup_steps", in: -1 << 40...1 << 40) ?? -1
        dtype = try section.choice("dtype", of: ["float16", "bfloat16", "float32", "fp16", "bf16", "fp32"]) ?? "float16"
        let averages = try section.flag("model_ema") ?? true
        let decay = try section.number("model_ema_decay", in: 0...1) ?? 0.9999
        averageDecay = averages ? decay : nil
        averageInterval = try section.integer("model_ema_update_freq", in: 1...1 << 30) ?? 1
    }

    /// From the smallest to the largest, in steps; the reference's list may end beyond the largest.
    private static func sizes(_ section: SettingsSection) throws(SettingsError) -> ([Int], largest: Int) {
        let range = 1...1 << 14
        let single = try section.integer("input_size", in: range)
        let smallest = try section.integer("input_size_min", in: range) ?? single ?? 224
        let largest = try section.integer("input_size_max", in: range) ?? single ?? 512
        let step = try section.integer("resolution_step", in: range) ?? 32
        guard smallest <= largest else {
            throw section.fault("input_size_max", "\(largest)", allowed: "at least input_size_min (\(smallest))")
        }
        return (Array(stride(from: smallest, to: largest + step, by: step)), largest)
    }

    /// Joined by '-'.
    private static func evaluationSizes(_ section: SettingsSection) throws(SettingsError) -> [Int] {
        let text = try section.text("input_size_eval") ?? "256"
        let sizes = text.split(separator: "-").compactMap { Int($0) }
        guard !sizes.isEmpty, sizes.count == text.split(separator: "-").count, sizes.allSatisfy({ (1...1 << 14).contains($0) }) else {
            throw section.fault("input_size_eval", allowed: "sizes in pixels, joined by '-'")
        }
        return sizes
    }

    private static func optimizer(_ section: SettingsSection) throws(SettingsError) -> Optimizer {
        guard let name = try section.text("opt") else { return .adamw }
        guard let known = Optimizer(rawValue: name.lowercased()) else {
            throw section.fault("opt", allowed: "one of " + Optimizer.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return known
    }

    /// The threshold of cluster sizes below which a code is dead, with `processes` that share the run: the number of tokens that each code would
    /// get of a batch of middle-sized pictures if all were found alike, by the coefficient.
    package func deadBelow(processes: Int) -> Double {
        let side = ((sizes.first ?? largestSize) + largestSize) / 2 / patchSize
        let tokens = Double(batch) * Double(max(processes, 1)) * Double(side * side)
        return quantizer.deadCoefficient > 0 ? tokens / Double(quantizer.codes) / quantizer.deadCoefficient : 0
    }
}

extension TokenizerRunSettings.Quantizer {
    fileprivate init(_ section: SettingsSection) throws(SettingsError) {
        kind = try section.choice("quantizer_type", of: ["lucid", "memcodes"]) ?? "lucid"
        codes = try section.integer("codebook_size", in: 1...1 << 24) ?? 8192
        latent = try section.integer("latent_dim", in: 1...65_536) ?? 32
        codebooks = try section.integer("num_codebooks", in: 1...1024) ?? 1
        normalizesCodes = try section.flag("norm_codes") ?? true
        normalizesLatents = try section.flag("norm_latents") ?? false
        averageDecay = try section.number("quantizer_ema_decay", in: 0...1) ?? 0.8
        deadCoefficient = try section.number("coef_ema_dead_code", in: 0...1e12) ?? 4
        replacement = try section.choice("code_replacement_policy", of: ["batch_random", "linde_buzo_gray"]) ?? "batch_random"
        commitment = try section.number("commitment_weight", in: 0...1e9) ?? 1
        startsWithMeans = try section.flag("kmeans_init") ?? false
    }
}

extension SettingsSection {
    /// A path of this machine; an empty text counts as none.
    /// - Throws: `SettingsError` for addresses.
    package func path(_ key: String) throws(SettingsError) -> String? {
        guard let text = try text(key), !text.isEmpty else { return nil }
        for scheme in ["s3:", "http:", "https:", "gs:", "pipe:"] where text.hasPrefix(scheme) {
            throw fault(key, allowed: "a path of this machine; copy it here first")
        }
        return text
    }
}
