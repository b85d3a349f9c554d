/// A training of a VQ-VAE, as a file of ml-4m tells it (`cfgs/default/tokenization/vqvae/**`).
package struct VQVAERunSettings: Sendable, Hashable {
    package var run: TokenizerRunSettings
    /// Sizes of encoder and decoder that their types do not have; of this program alone.
    package var encoderArguments, decoderArguments: SettingsSection?
    /// Two convolutions behind a transformer.
    package var hasOutputConvolutions: Bool
    /// Of the decoder's position table, in pixels; nil: that of the largest pictures.
    package var decoderSize: Int?
    /// nil without one.
    package var perceptual: Perceptual?
    /// Keys of which nothing comes here, with the reason.
    package var passedOver: [(key: String, why: String)] {
        passed.map { ($0, VQVAERunSettings.passed[$0] ?? TokenizerRunKeys.passedOver[$0] ?? "") }
    }
    private var passed: [String]

    /// A loss through another network's features.
    package struct Perceptual: Sendable, Hashable {
        /// A model of any kind that is read: ONNX, text of the IR.
        package var network: String
        package var function: String?
        /// Results or nodes; none: all results.
        package var features: [String]
        package var distance: String
        package var weight: Double
        /// What the network's input is standardized with, a number for each channel.
        package var mean, deviation: [Double]
    }

    private static let own: Set<String> = [
        "out_conv", "input_size_dec", "num_codebooks", "mask_size", "percept_loss_type", "percept_loss_blocks", "percept_loss_distance",
        "percept_loss_weight", "percept_function", "percept_mean", "percept_std",
    ]

    private static let passed = ["dtype_percept": "weights and products are f32 here"]

    package static let losses = ["mse", "l1", "smooth_l1", "cross_entropy", "cosine", "cosine_1d", "binary_cross_entropy"]
}

extension VQVAERunSettings {
    /// - Parameter assignments: of `--set`: `KEY=VALUE`.
    /// - Throws: `SettingsError` naming file, line and key.
    package init(yaml text: String, file: String, setting assignments: [String] = []) throws(SettingsError) {
        var section = try SettingsSection(yaml: RepeatedKeys.lastWins(text), file: file)
        for assignment in assignments { try section.set(assignment) }
        try self.init(section)
    }

    package init(_ section: SettingsSection) throws(SettingsError) {
        let skipped = Set(TokenizerRunKeys.passedOver.keys).union(VQVAERunSettings.passed.keys)
        try section.check(known: TokenizerRunKeys.shared.union(TokenizerRunKeys.own).union(VQVAERunSettings.own).union(skipped).sorted())
        run = try TokenizerRunSettings(section, decoderType: "vit_b_dec", warmupEpochs: 5)
        encoderArguments = try section.section("enc_args")
        decoderArguments = try section.section("dec_args")
        hasOutputConvolutions = try section.flag("out_conv") ?? false
        decoderSize = try section.integer("input_size_dec", in: 1...1 << 14)
        perceptual = try Perceptual(section)
        passed = section.keys.filter(skipped.contains).sorted()
        guard VQVAERunSettings.losses.contains(run.lossName) else {
            throw section.fault("loss_fn", allowed: "one of " + VQVAERunSettings.losses.joined(separator: ", "))
        }
    }
}

extension VQVAERunSettings.Perceptual {
    /// nil where there is none.
    fileprivate init?(_ section: SettingsSection) throws(SettingsError) {
        let distance = try section.choice("percept_loss_distance", of: ["cosine", "cos", "l1", "mae"]) ?? "cosine"
        let blocks = try section.text("percept_loss_blocks")
        weight = try section.number("percept_loss_weight", in: 0...1e9) ?? 0
        guard weight > 0 else { return nil }
        let name = try section.required(
            "percept_loss_type", try section.path("percept_loss_type"),
            why: "percept_loss_weight is above 0, and the loss is taken of its features")
        guard [".onnx", ".ir"].contains(where: name.lowercased().hasSuffix) else {
            throw section.fault(
                "percept_loss_type",
                allowed:
                    "the path of an ONNX model or of text of the IR (.ir) whose results are the features; export the network of that name, "
                    + "and name its results, joined by '-', in percept_loss_blocks; or set percept_loss_weight to 0")
        }
        network = name
        function = try section.text("percept_function")
        features = blocks?.split(separator: "-").map(String.init) ?? []
        self.distance = distance == "cos" ? "cosine" : distance == "mae" ? "l1" : distance
        // Of CLIP, which the reference's files name.
        mean = try section.numbers("percept_mean", in: -1e6...1e6) ?? [0.48145466, 0.4578275, 0.40821073]
        deviation = try section.numbers("percept_std", in: 1e-9...1e6) ?? [0.26862954, 0.26130258, 0.27577711]
    }
}
